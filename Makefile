# Every verb of the project. `make help` lists them; each works from a path with a space in it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin/python
PIP := $(BIN) -m pip --disable-pip-version-check --quiet
JOBS ?= 3

.PHONY: help setup demo admin run test check fix migrate bench lock clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: $(VENV)/.base ## Make the environment with what Staffroom needs to run

demo: setup ## Start Staffroom, its worker and a practice LMS; prints one address (PORT=, LMS_PORT=)
	@$(BIN) -m practice_lms.demo

admin: setup ## Print a sign-in to the connections pages of the running demo (PORT=, as for the demo)
	@$(BIN) -m practice_lms.demo admin

run: setup ## Serve Staffroom and its worker with the settings of the environment (PORT=)
	@$(BIN) -m flask --app lti_app.app db upgrade
	@$(BIN) -m flask --app lti_app.app serve

test: $(VENV)/.dev ## Run every test; installs a Chromium, PostgreSQL and Redis where it may (ARGS=)
	@sh tests/install_services.sh
	@$(BIN) -m pytest -n $(JOBS) --cov --cov-report=term:skip-covered $(ARGS)

check: $(VENV)/.dev ## Check style, types, import contracts, templates and spelling
	@$(BIN) -m ruff check .
	@$(BIN) -m ruff format --check .
	@$(BIN) -m mypy
	@$(BIN) -c "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())" --no-logo
	@$(BIN) -m djlint --lint --quiet templates practice_lms/templates
	@$(BIN) -m codespell_lib README.md docs lti_app practice_lms templates tests benchmarks config.py

fix: $(VENV)/.dev ## Mend what a program can mend: formatting, import order
	@$(BIN) -m ruff check --fix .
	@$(BIN) -m ruff format .

migrate: $(VENV)/.dev ## Write the migration for changed models (M="what changed")
	@$(BIN) -m flask --app lti_app.app db migrate -m "$(M)"

bench: $(VENV)/.dev ## Measure what benchmarks/README.md describes
	@$(BIN) -m benchmarks.roster
	@$(BIN) -m benchmarks.journal
	@$(BIN) -m benchmarks.launch

lock: $(VENV)/.dev ## Compile requirements/ anew from pyproject.toml
	@sh requirements/compile.sh $(BIN)

clean: ## Remove the environment; the data in instance/ and keys/ stay
	@rm -rf $(VENV)

$(VENV)/.base: requirements/base.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Staffroom needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN) || $(PYTHON) -m venv $(VENV) || { echo "Python could not make an environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing what Staffroom needs (once) …"
	@$(PIP) install --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "Installing what its tests need (once) …"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
