"""Stops parts that run without a supervisor: before a start after its `kill -9`, and for `nightdesk down`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.processes import PartProcess
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.embedded.parts.postgres import EmbeddedPostgres
from serve_app.embedded.parts.ray_node import RayHead


class Stoppable(Protocol):
    """The name and the stop of a part."""

    @property
    def name(self) -> str: ...

    def stop(self, *, grace: float) -> bool: ...


def stop_leftovers(data_dir: DataDir, *, grace: float) -> list[str]:
    """Stop every part that was started on `data_dir`, in parallel; return the names of those that ran.

    Parts that don't end within `grace` seconds are killed. Call it only while no supervisor runs.
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
