"""Reads the rows of JSONL, CSV and Parquet files with their line numbers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUFFIXES = (".jsonl", ".csv", ".parquet")
LARGEST = 500_000_000
"""Bytes of a file."""
Row = tuple[int, dict[str, Any] | str]
"""The number of a line, and what stands there, or what is wrong with it."""

csv.field_size_limit(1_000_000)


class InvalidDataError(Exception):
    """A file can't be used; the message names the lines. Nothing was read."""


def rows(path: Path) -> Iterator[Row]:
    """Yield line numbers, from 1, with the row there, or with what is wrong with the line."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidDataError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidDataError(f"{path}: larger than {LARGEST:,} bytes; split it")
        yield from {".jsonl": _json_lines, ".csv": _csv_lines, ".parquet": _parquet_rows}[suffix](path)
    except OSError as error:
        raise InvalidDataError(f"{path} can't be read: {error}") from None
    except UnicodeDecodeError as error:
        raise InvalidDataError(f"{path}: is not UTF-8 at byte {error.start:,}: save it as UTF-8") from None


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, f"is no JSON ({getattr(error, 'msg', 'too deep')})"
                continue
            yield number, row if isinstance(row, dict) else "is no JSON object"


def _csv_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        at = 1
        try:
            for row in reader:
                at = reader.line_num
                if None in row or None in row.values():
                    yield at, f"has not {len(reader.fieldnames or ())} columns, as the first line says"
                else:
                    yield at, row
        except csv.Error as error:
            yield at + 1, f"is no CSV ({error})"


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        import pyarrow.parquet as parquet  # slow to import, and only this form needs it
    except ImportError:
        raise InvalidDataError(f"{path}: Parquet needs the extra `workbench`: install nightdesk[workbench]") from None
    try:
        number = 0
        for batch in parquet.ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (ValueError, NotImplementedError) as error:  # pyarrow's own errors are such
        raise InvalidDataError(f"{path}: is no Parquet file that can be read ({str(error).splitlines()[0]})") from None
