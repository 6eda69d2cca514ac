"""How much the log of the embedded Kafka has grown, by the sizes of its segments on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest.events import TOPICS


def segments(data_dir: str) -> dict[str, int]:
    """Return the bytes of each segment of our topics by its path; empty where the broker is another machine's."""
    found = Path(data_dir).glob("kafka/**/*.log") if data_dir else ()
    return {str(one): one.stat().st_size for one in found if one.parent.name.rpartition("-")[0] in TOPICS}


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    """Return the bytes that were written: a segment that was deleted meanwhile takes nothing off."""
    return sum(size - before.get(path, 0) for path, size in after.items())
