"""`bench acceptance`: forms accepted a second, beside the least that could accept them on the same PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil

from db.measurement.scratch import scratch_database
from evaluation.benchmarks.child_server import LOOPBACK, child_server
from evaluation.benchmarks.load import forms
from evaluation.benchmarks.pipeline import cpu_seconds, part_of
from evaluation.demo.samples import Sample

BARE = "evaluation.benchmarks.bare_forms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What a server did with forms that were posted as fast as it took them; times in milliseconds."""

    a_second: float
    refused: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Each server gets forms over `connections` for `seconds`; then the product `steady_rate` a second for
    `steady_s`, then `crowd` in one instant."""

    seconds: float
    connections: int
    steady_rate: float
    steady_s: float
    crowd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceReport:
    """The bare servers, beside the idle product · `held`: the product while it answers nobody · `beside`, `steady`,
    `instant`: while it works off what it has accepted. `cpu_ms`: of a form, while it answers nobody, by process;
    `bare_cpu_ms`: of one with ordinary statements."""

    bare_ordinary: Accepted
    bare_single: Accepted
    held: Accepted
    beside: Accepted
    steady: Accepted
    instant: Accepted
    cpu_ms: Mapping[str, float]
    bare_cpu_ms: Mapping[str, float]

    @property
    def refused(self) -> int:
        """Forms that the product did not accept."""
        return self.held.refused + self.beside.refused + self.steady.refused + self.instant.refused

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it; the ratios are to ordinary statements."""
        bare = self.bare_ordinary.a_second
        ratios = {"ratio_held": self.held.a_second / bare, "ratio_beside": self.beside.a_second / bare}
        return {**asdict(self), **ratios, "ratio_single": self.held.a_second / self.bare_single.a_second}


async def measure(
    url: str, token: str | None, database_url: str, data_dir: str, samples: Sequence[Sample], load: Load
) -> AcceptanceReport:
    """Post forms to the bare servers, then to the product.

    Raises ScratchRefusedError when no database can be made for the bare servers.
    """
    many = partial(posted, samples=samples, connections=load.connections, seconds=load.seconds)
    async with scratch_database(database_url) as scratch, child_server(BARE, told=scratch) as (port, server):
        bare_used = _Used(data_dir, server)
        ordinary = await many((LOOPBACK, port), "/ordinary")
        bare_cpu_ms = bare_used.a_form(ordinary)
        single = await many((LOOPBACK, port), "/single")
    address, path = _address(url), "/api/v1/support/form"
    with answering_held(data_dir):
        used = _Used(data_dir)
        held = await many(address, path, token=token)
        cpu_ms = used.a_form(held)
    beside = await many(address, path, token=token)
    steady = await arriving(address, path, samples, rate=load.steady_rate, seconds=load.steady_s, token=token)
    return AcceptanceReport(
        bare_ordinary=ordinary,
        bare_single=single,
        held=held,
        beside=beside,
        steady=steady,
        instant=await posted(address, path, samples, connections=load.crowd, seconds=0, token=token),
        cpu_ms=cpu_ms,
        bare_cpu_ms=bare_cpu_ms,
    )


@contextmanager
def answering_held(data_dir: str) -> Iterator[None]:
    """Stop the ingest replicas of this installation, which take up what was accepted, and let them go on afterwards."""
    ingest = [process for process in psutil.process_iter() if _is_ingest(process, data_dir)]
    try:
        for process in ingest:
            process.send_signal(signal.SIGSTOP)
        yield
    finally:
        for process in ingest:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)


def _is_ingest(process: psutil.Process, data_dir: str) -> bool:
    try:
        return part_of(process, data_dir) == "ingest"
    except psutil.Error:
        return False


class _Used:
    """The processor's time that an installation, and a server beside it, use from now on."""

    def __init__(self, data_dir: str, server: int | None = None) -> None:
        self._data_dir, self._server = data_dir, psutil.Process(server) if server else None
        self._before, self._began = self._seconds(), time.perf_counter()

    def a_form(self, accepted: Accepted) -> dict[str, float]:
        """Return milliseconds a form, by process, what took less than a hundredth of one left out."""
        number = accepted.a_second * (time.perf_counter() - self._began)
        spent = {name: 1000 * (now - self._before.get(name, 0.0)) / number for name, now in self._seconds().items()}
        return {name: ms for name, ms in sorted(spent.items(), key=lambda item: -item[1]) if ms >= 0.01}

    def _seconds(self) -> dict[str, float]:
        found = cpu_seconds(self._data_dir)
        if self._server is not None:
            times = self._server.cpu_times()
            found["server"] = times.user + times.system
        return found


async def posted(
    address: tuple[str, int],
    path: str,
    samples: Sequence[Sample],
    *,
    connections: int,
    seconds: float,
    token: str | None = None,
) -> Accepted:
    """Post new forms over each connection, one after the other, until the time is over; each posts at least one."""
    poster = _Poster(address, path, samples, token)

    async def one() -> None:
        reader, writer = await asyncio.open_connection(*address)
        while True:
            await poster.post(reader, writer)
            if poster.elapsed >= seconds:
                break
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return poster.accepted()


async def arriving(
    address: tuple[str, int],
    path: str,
    samples: Sequence[Sample],
    *,
    rate: float,
    seconds: float,
    token: str | None = None,
) -> Accepted:
    """Post `rate` forms a second, each at its time and over a connection of its own, whatever became of the others."""
    poster = _Poster(address, path, samples, token)

    async def one(number: int) -> None:
        await asyncio.sleep(number / rate)
        reader, writer = await asyncio.open_connection(*address)
        await poster.post(reader, writer)
        writer.close()

    await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    return poster.accepted()


class _Poster:
    """Posts new forms to one server, and notes how it took them."""

    def __init__(self, address: tuple[str, int], path: str, samples: Sequence[Sample], token: str | None) -> None:
        self._forms, self._began = forms(samples), time.perf_counter()
        self._head = f"POST {path} HTTP/1.1\r\nHost: {address[0]}\r\nContent-Type: application/json\r\n"
        self._head += f"Authorization: Bearer {token}\r\n" if token else ""
        self._taken: list[float] = []
        self._refused = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the first form could be posted."""
        return time.perf_counter() - self._began

    async def post(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Post the next form and wait for its answer."""
        key, form = next(self._forms)
        body = json.dumps(form).encode()
        sent = time.perf_counter()
        writer.write(f"{self._head}Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        if await _status(reader) == 201:
            self._taken.append(time.perf_counter() - sent)
        else:
            self._refused += 1

    def accepted(self) -> Accepted:
        """Return what was noted, over the time until now."""
        p50, p95 = np.percentile(self._taken or [float("nan")], [50, 95]) * 1000
        return Accepted(a_second=len(self._taken) / self.elapsed, refused=self._refused, p50=float(p50), p95=float(p95))


async def _status(reader: asyncio.StreamReader) -> int:
    """Read a response to its end; return its status."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    await reader.readexactly(int(headers["content-length"]))
    return int(lines[0].split()[1])


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or LOOPBACK, parts.port or 80
