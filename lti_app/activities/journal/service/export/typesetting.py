"""The process that sets a PDF: reads JSON from its input, writes the PDF; what Typst held in memory ends with it."""

import json
import sys
from pathlib import Path
from typing import Any

import typst

_TEMPLATE = Path(__file__).with_name("journal.typ")


def main() -> None:
    """Set what is asked for: as PDF/UA-1, or, where a letter has no font on this machine, as a tagged PDF."""
    asked = json.load(sys.stdin)
    try:
        pdf = _set({**asked, "has_all_letters": True}, standards=["ua-1"])
    except typst.TypstError:
        pdf = _set({**asked, "has_all_letters": False}, standards=[])
    sys.stdout.buffer.write(pdf)


def _set(asked: dict[str, Any], *, standards: list[Any]) -> bytes:
    given = {"data": json.dumps(asked, ensure_ascii=False)}
    made = typst.compile(_TEMPLATE, format="pdf", sys_inputs=given, pdf_standards=standards)
    if not isinstance(made, bytes):
        raise TypeError("Typst gave no PDF")
    return made


if __name__ == "__main__":
    main()
