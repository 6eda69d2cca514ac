"""Logs stay small while their writers go on."""

from __future__ import annotations

from pathlib import Path

from serve_app.embedded.base.logs import rotate


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    assert not rotate(log)
    log.write_text("x" * 10)
    assert not rotate(log, max_bytes=10)
    assert log.read_text() == "x" * 10


def test_a_large_log_moves_on_and_its_writer_does_not_notice(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("a") as writer:
        for text in ("first", "second", "third"):
            writer.write(text * 10)
            writer.flush()
            assert rotate(log, max_bytes=20, kept=2)
        writer.write("last")
    assert log.read_text() == "last"
    assert (tmp_path / "part.log.1").read_text() == "third" * 10
    assert (tmp_path / "part.log.2").read_text() == "second" * 10
    assert not (tmp_path / "part.log.3").exists()
