"""Statements by name, read once from queries/*.sql. A statement starts at a line `-- name --`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"
_NAME = re.compile(r"^-- ([a-z0-9_]+) --$", re.MULTILINE)


@cache
def statements(noun: str) -> dict[str, str]:
    """Return the statements of `queries/<noun>.sql` by name. Raises FileNotFoundError for an unknown noun."""
    pieces = _NAME.split((QUERIES / f"{noun}.sql").read_text(encoding="utf-8"))
    return {name: body.strip() for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}
