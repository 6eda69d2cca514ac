"""S1: only the pinned jars of Kafka are used."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from serve_app.embedded.base.errors import StartError
from serve_app.embedded.parts.kafka_jars import Jar, cache_dir, fetch, is_complete, read_lock


def _jar(body: bytes) -> Jar:
    return Jar(sha256=hashlib.sha256(body).hexdigest(), size=len(body), coordinates="org.example:thing:1.0")


def _in_repository(repository: Path, body: bytes) -> None:
    folder = repository / "org" / "example" / "thing" / "1.0"
    folder.mkdir(parents=True)
    (folder / "thing-1.0.jar").write_bytes(body)


def test_the_lock_pins_kafka_and_all_it_needs() -> None:
    jars = read_lock()
    names = [jar.coordinates for jar in jars]
    assert "org.apache.kafka:kafka_2.13:4.3.1" in names
    assert "org.apache.kafka:kafka-clients:4.3.1" in names
    assert len({jar.file_name for jar in jars}) == len(jars) == 46
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in jars)


def test_another_lock_has_another_cache(tmp_path: Path) -> None:
    other = tmp_path / "other.lock"
    other.write_text("# nothing\n")
    assert cache_dir(other) != cache_dir()


def test_the_pinned_jar_is_taken(tmp_path: Path) -> None:
    _in_repository(tmp_path / "repository", b"good")
    fetch(_jar(b"good"), tmp_path / "repository", tmp_path)
    assert (tmp_path / "thing-1.0.jar").read_bytes() == b"good"
    assert is_complete(tmp_path, [_jar(b"good")])


def test_another_jar_is_refused(tmp_path: Path) -> None:
    _in_repository(tmp_path / "repository", b"evil")
    with pytest.raises(StartError, match=r"org\.example:thing:1\.0 is not the pinned jar"):
        fetch(_jar(b"good"), tmp_path / "repository", tmp_path)
    assert not (tmp_path / "thing-1.0.jar").exists()


def test_a_cut_jar_is_noticed_at_each_start(tmp_path: Path) -> None:
    jar = _jar(b"good")
    assert not is_complete(tmp_path, [jar])
    (tmp_path / jar.file_name).write_bytes(b"go")
    assert not is_complete(tmp_path, [jar])
