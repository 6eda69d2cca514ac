"""Named SQL statements from the `.sql` file beside a module. A statement starts at a line `-- name --`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_NAME = re.compile(r"^-- ([a-z0-9_]+) --$", re.MULTILINE)


@cache
def statements(module: str) -> dict[str, str]:
    """Return the statements of a module by name: those of `x.sql` for a `__file__` of `x.py`.

    Each file is read once per process. Raises FileNotFoundError where the module has no `.sql` file.
    """
    pieces = _NAME.split(Path(module).with_suffix(".sql").read_text(encoding="utf-8"))
    return {name: body.strip() for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}
