"""Writes the corpus of mails beside this file: `python -m tests.data.mail.make_corpus`.

Each `.eml` is named by what is odd about it; `index.json` says what it is and what is expected of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.data.mail.cases import charsets, headers, html, ours, replies, robots, signatures, structure
from tests.data.mail.cases.letter import Case

HERE = Path(__file__).parent
GROUPS = (charsets, headers, replies, signatures, html, structure, robots, ours)


def all_cases() -> Iterator[Case]:
    """Yield every case of every group."""
    for group in GROUPS:
        yield from group.cases()


def index(cases: list[Case]) -> dict[str, Any]:
    """What `index.json` holds: by file name, the class, Gmail's labels and the expected fields."""
    return {
        f"{case.name}.eml": {"class": case.expected_class, "labels": list(case.labels), "expected": case.expected}
        for case in cases
    }


def main() -> None:
    """Write every mail and the index; mails that are no longer made are removed."""
    cases = list(all_cases())
    for old in HERE.glob("*.eml"):
        old.unlink()
    for case in cases:
        (HERE / f"{case.name}.eml").write_bytes(case.raw)
    (HERE / "index.json").write_text(json.dumps(index(cases), ensure_ascii=False, indent=1) + "\n")
    print(f"{len(cases)} mails, {len(index(cases))} names")


if __name__ == "__main__":
    main()
