"""Makes the archive of classes with which Kafka starts: `python -m serve_app.embedded.parts.kafka_archive`.

A broker is started on an empty directory and stopped, and Java writes what it has loaded and linked. Without the
archive everything works, and a start takes twice the processor time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.parts import kafka_jars
from serve_app.embedded.parts.kafka import EmbeddedKafka

WRITING_S = 300.0
"""Mostly it takes 10 seconds."""


def make() -> Path:
    """Return the archive for the pinned jars, made now if there is none. Raises StartError as the broker does."""
    target = kafka_jars.archive(kafka_jars.ensure())
    if not target.exists():
        written = target.with_suffix(".new")
        with tempfile.TemporaryDirectory(prefix="nightdesk-kafka-") as directory:
            data_dir = DataDir(Path(directory))
            data_dir.prepare()
            broker = EmbeddedKafka(data_dir, archive_to=written)
            broker.start()
            broker.stop(grace=WRITING_S)
        written.rename(target)
    return target


if __name__ == "__main__":
    try:
        make()
    except (StartError, OSError) as error:  # a start without it is only slower
        print(f"note: no class archive for Kafka: {error}", file=sys.stderr)  # noqa: T201
