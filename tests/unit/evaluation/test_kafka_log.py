"""What Kafka has written is told by the sizes of its segments."""

from __future__ import annotations

from pathlib import Path

from evaluation.benchmarks.kafka_log import grown, segments
from ingest.events import INCOMING, METRICS


def _segment(data_dir: Path, partition: str, name: str, size: int) -> None:
    folder = data_dir / "kafka" / "logs" / partition
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x" * size)


def test_what_was_written_meanwhile_is_counted_on_our_topics_alone(tmp_path: Path) -> None:
    _segment(tmp_path, f"{INCOMING}-0", "00000000000000000000.log", 1000)
    _segment(tmp_path, f"{METRICS}-5", "00000000000000000000.log", 700)
    _segment(tmp_path, f"{INCOMING}-0", "00000000000000000000.index", 10_000_000)
    _segment(tmp_path, "__consumer_offsets-1", "00000000000000000000.log", 5000)
    before = segments(str(tmp_path))
    assert sorted(before.values()) == [700, 1000]
    _segment(tmp_path, f"{INCOMING}-0", "00000000000000000000.log", 1400)
    _segment(tmp_path, f"{INCOMING}-0", "00000000000000000009.log", 300)
    (tmp_path / "kafka" / "logs" / f"{METRICS}-5" / "00000000000000000000.log").unlink()
    assert grown(before, segments(str(tmp_path))) == 700


def test_a_broker_elsewhere_has_no_segments_here(tmp_path: Path) -> None:
    assert segments(str(tmp_path)) == segments("") == {}
