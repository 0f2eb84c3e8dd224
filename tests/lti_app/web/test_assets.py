"""Style sheets and scripts: compressed, cached for ever under a path that changes with them, and nothing else."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from lti_app.web import assets
from tests.visitor import TEACHER, Visitor


def _asset(app: Flask, name: str) -> str:
    """Return the address that a template gets for the file."""
    return app.jinja_env.from_string("{{ asset(name) }}").render(name=name)


def _urls(page: str) -> list[str]:
    return sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page)))


def test_assets_when_a_page_names_them_then_are_there_and_cached_for_ever(visitor: Visitor) -> None:
    urls = _urls(visitor.launch(TEACHER).text)

    answers = [visitor.get(url) for url in urls]

    assert any(url.endswith("/css/staffroom.css") for url in urls)
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        cache = answer.headers["Cache-Control"]
        assert "immutable" in cache
        assert "max-age=315360000" in cache
        answer.close()


@pytest.mark.parametrize("name", ["css/staffroom.css", "css/bootstrap.css"])
def test_asset_when_gzip_is_accepted_then_comes_compressed(app: Flask, name: str) -> None:
    url = _asset(app, name)

    with app.test_client().get(url, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.headers["Vary"] == "Accept-Encoding"
        packed_size = len(packed.get_data())
    with app.test_client().get(url) as plain:
        assert plain.mimetype == "text/css"
        assert "Content-Encoding" not in plain.headers
        assert packed_size < len(plain.get_data())


@pytest.mark.parametrize(
    "path",
    [
        "/static/{digest}/../../secret-key",
        "/static/{digest}/..%2f..%2fsecret-key",
        "/static/{digest}//etc/passwd",
        "/static/{digest}/",
        "/static/{digest}/css",
        "/static/{digest}/css/",
        "/static/000000000000/css/staffroom.css",
        "/static/css/staffroom.css",
    ],
)
def test_asset_when_there_is_none_then_nothing_else_is_served(app: Flask, visitor: Visitor, path: str) -> None:
    (Path(app.instance_path) / "secret-key").write_text("a secret")
    digest = _asset(app, "css/staffroom.css").split("/")[2]

    answer = visitor.get(path.format(digest=digest))

    assert answer.status_code == 404
    assert "a secret" not in answer.text


def test_asset_when_a_template_misspells_it_then_fails_loudly(app: Flask) -> None:
    with pytest.raises(KeyError):
        _asset(app, "css/staffrom.css")


def test_assets_when_two_processes_start_then_share_the_same_folder(
    app: Flask, config: Config, start: Callable[[Config], Flask]
) -> None:
    again = start(config)

    assert _asset(again, "css/staffroom.css") == _asset(app, "css/staffroom.css")
    assert len(list((Path(app.instance_path) / "assets").iterdir())) == 1


def test_assets_when_another_process_publishes_meanwhile_then_nothing_is_left_over(tmp_path: Path) -> None:
    app = Flask(__name__, instance_path=str(tmp_path), static_folder=None)
    assets.register(app)
    (folder,) = (tmp_path / "assets").iterdir()
    twin = Flask(__name__, instance_path=str(tmp_path), static_folder=None)

    assets.register(twin)

    assert list((tmp_path / "assets").iterdir()) == [folder]
    assert (folder / "css" / "bootstrap.css.gz").exists()


def test_first_page_when_compressed_then_under_60_kb_with_all_it_names(visitor: Visitor) -> None:
    page = visitor.launch(TEACHER)
    sizes = {}
    for url in _urls(page.text):
        with visitor.client.get(url, base_url=visitor.base_url, headers={"Accept-Encoding": "gzip"}) as answer:
            sizes[url] = len(answer.get_data())

    assert len(sizes) >= 3
    assert sum(sizes.values()) + len(page.get_data()) < 60_000
