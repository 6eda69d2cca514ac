"""Stopping what runs without its supervisor: after a `kill -9`, or for `nightdesk down`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.processes import PartProcess
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.embedded.parts.postgres import EmbeddedPostgres
from serve_app.embedded.parts.ray_node import RayHead


class Stoppable(Protocol):
    """What is needed of a part here."""

    @property
    def name(self) -> str: ...

    def stop(self, *, grace: float) -> bool: ...


def stop_leftovers(data_dir: DataDir, *, grace: float) -> list[str]:
    """Stop every part that was started on `data_dir`, side by side; the names of those that ran.

    Takes `grace` seconds and a little more: parts that do not end are killed. Call it only while no supervisor lives.
    """
    parts: list[Stoppable] = [
        *(
            PartProcess(name, record_path=data_dir.record(name), log=data_dir.log(name))
            for name in ("graph", "prepare", "channels")
        ),
        RayHead(data_dir, environment={}),
        EmbeddedKafka(data_dir),
        EmbeddedPostgres(data_dir),
    ]
    with ThreadPoolExecutor(len(parts)) as pool:
        ran = list(pool.map(lambda part: part.stop(grace=grace), parts))
    return [part.name for part, it_ran in zip(parts, ran, strict=True) if it_ran]
