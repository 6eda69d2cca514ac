"""Starts the parts in parallel, keeps them running, and stops them in order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime
from typing import Any

from aiokafka.errors import KafkaError
from pydantic import SecretStr

from ingest.bus.topics import ensure_topics
from serve_app.embedded.base import haproxy, logs, ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.environment import Services, product_environment, ray_environment
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.processes import ProcessRecord, identity_of
from serve_app.embedded.base.run_file import PartStatus, RunFile
from serve_app.embedded.base.start_options import StartOptions
from serve_app.embedded.parts.demo_channels import DemoChannels
from serve_app.embedded.parts.graph import Endpoints, Graph
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.embedded.parts.postgres import EmbeddedPostgres
from serve_app.embedded.parts.ray_node import RayHead
from serve_app.embedded.supervision.orphans import stop_leftovers
from serve_app.embedded.supervision.part_supervisor import Part, PartSupervisor
from serve_app.embedded.supervision.preparation import Preparation
from serve_app.embedded.supervision.reaper import adopt_orphans, reap_orphans
from serve_app.embedded.supervision.run_state import Listener, RunState
from serve_app.settings import decision_settings
from serve_app.settings.app_args import KafkaArgs, public_base_url
from serve_app.settings.company_documents import company_of
from serve_app.settings.settings import Settings

PROBE_SECONDS = 2.0
SILENT_SECONDS = 25.0  # Serve replaces a replica in 6 to 11 s and a proxy sooner: longer silence means a hang
MAINTENANCE_SECONDS = 5.0
READY_SECONDS = 0.2
RELEASE_SECONDS = 5.0  # for the ports of processes that were just killed


class Supervisor:
    """The product on one prepared data directory, whose lock the caller holds. `run` is called once."""

    def __init__(self, data_dir: DataDir, settings: Settings, listener: Listener, options: StartOptions) -> None:
        self._data_dir = data_dir
        self._settings = settings
        self._options = options
        self._host = settings.http_host
        self._haproxy = haproxy.is_used(options.haproxy, self._host, data_dir)
        self._postgres = None if settings.database_url else EmbeddedPostgres(data_dir)
        self._kafka = (
            None if settings.kafka_bootstrap_servers else EmbeddedKafka(data_dir, on_progress=self._show_kafka)
        )
        self._ray = RayHead(
            data_dir,
            environment=ray_environment(data_dir, haproxy=self._haproxy),
            dashboard_port=options.dashboard_port,
        )
        self._graph = Graph(
            data_dir,
            host=self._host,
            port=options.port,
            environment=self._product_environment,
            endpoints=self._endpoints,
            graph=options.graph,
        )
        address = company_of(settings).support_address
        channels = DemoChannels(data_dir, product_url=self._graph.url, support_address=address)
        self._channels = channels if options.demo_channels else None
        self._preparation = Preparation(data_dir)
        self._prepared = asyncio.Event()
        self._stop_requested = asyncio.Event()
        self._supervised = self._make_supervised()
        self._run_state = RunState(data_dir, listener, self._new_run())

    async def run(self) -> None:
        """Start the parts and supervise them until SIGTERM, SIGINT, SIGHUP or `stop`, then stop them.

        Raises StartError when the first start of a part fails, after stopping the others.
        """
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._loop.add_signal_handler(number, self.stop)
        adopt_orphans()
        await asyncio.to_thread(self._stop_leftovers)
        await asyncio.to_thread(self._graph.warm)
        tasks = [asyncio.create_task(job) for job in self._jobs()]
        try:
            await self._until_stopped_or_failed(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await self._stop_all()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Make `run` stop the parts and return; the second time it waits no longer for what is in flight."""
        if self._stop_requested.is_set():
            self._graph.cut()
        self._stop_requested.set()

    def _stop_leftovers(self) -> None:
        """Stop the parts of a dead supervisor. Raises StartError when our ports are not free afterwards."""
        timeout = RELEASE_SECONDS if stop_leftovers(self._data_dir, grace=3.0) else 0.0
        ports.require_free(self._graph.port, self._host, timeout=timeout)
        if self._options.dashboard_port is not None:
            ports.require_free(self._options.dashboard_port, ports.LOOPBACK, option="--dashboard-port", timeout=timeout)

    def _make_supervised(self) -> dict[str, PartSupervisor]:
        supervised: dict[str, PartSupervisor] = {}
        if self._postgres is not None:
            supervised["postgres"] = self._supervise(self._postgres)
        if self._kafka is not None:
            supervised["kafka"] = self._supervise(self._kafka, after_start=self._create_topics)
        if self._channels is not None:
            supervised["channels"] = self._supervise(self._channels)
        supervised["ray"] = self._supervise(self._ray)
        supervised["graph"] = self._supervise(
            self._graph, needs={"ray": supervised["ray"].up, "the database": self._prepared}
        )
        return supervised

    def _supervise(self, part: Part, **options: Any) -> PartSupervisor:
        return PartSupervisor(part, on_change=self._part_changed, **options)

    def _new_run(self) -> RunFile:
        pid = os.getpid()
        return RunFile(
            supervisor=ProcessRecord(name="supervisor", pid=pid, identity=identity_of(pid) or ""),
            data_dir=str(self._data_dir.path),
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            url=self._graph.url,
            operator_token=self._services().operator_token,
            settings=self._decision_settings(),
            parts=tuple(part.status for part in self._supervised.values()),
        )

    def _decision_settings(self) -> dict[str, Any]:
        """The snapshot for the run file, with the graph's public URL: beside the stand-ins it is this machine's."""
        base = self._graph.url if self._channels else public_base_url(self._settings, self._options.port)
        return decision_settings.snapshot(self._settings, secret_key=self._services().secret_key, public_base_url=base)

    def _jobs(self) -> list[Coroutine[Any, Any, None]]:
        """The jobs that run until the end: each either runs for ever or raises."""
        return [
            *(part.run() for part in self._supervised.values()),
            self._prepare_and_watch(),
            self._reap_and_rotate(),
        ]

    async def _until_stopped_or_failed(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        stopped = asyncio.create_task(self._stop_requested.wait())
        done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task in done:
            if task is not stopped:
                await task

    async def _prepare_and_watch(self) -> None:
        if self._postgres is not None:
            await self._supervised["postgres"].up.wait()
        alone = self._postgres is not None  # others may use a database that is not ours
        await asyncio.to_thread(lambda: self._preparation.run(self._product_environment(), alone=alone))
        for name in ("kafka", "channels"):  # only until their first start: the graph runs without them
            if name in self._supervised:
                await self._supervised[name].up.wait()
        self._prepared.set()
        await self._supervised["graph"].up.wait()
        while not await asyncio.to_thread(self._graph.is_ready):  # noqa: ASYNC110 - the graph is another process
            await asyncio.sleep(READY_SECONDS)
        self._run_state.update(ready=True)
        await self._watch_http()

    async def _watch_http(self) -> None:
        """Restart Ray, and with it the graph, when the graph is up but does not answer: Serve does not detect that."""
        silent_since: float | None = None
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            if not self._supervised["graph"].up.is_set() or await asyncio.to_thread(self._graph.is_live):
                silent_since = None
            elif silent_since is None:
                silent_since = self._loop.time()
            elif self._loop.time() - silent_since > SILENT_SECONDS:
                silent_since = None
                self._run_state.note(f"the product has been silent for {SILENT_SECONDS:.0f} s: restarting Ray")
                await asyncio.to_thread(self._ray.stop)

    async def _create_topics(self) -> None:
        assert self._kafka is not None
        try:
            created = await ensure_topics(KafkaArgs(bootstrap_servers=self._kafka.bootstrap_servers))
        except KafkaError as error:
            raise StartError(
                f"Kafka does not take topics: {error or type(error).__name__} (see {self._data_dir.log('kafka')})"
            ) from None
        if created:
            self._run_state.note(f"topics created: {', '.join(created)}")

    async def _reap_and_rotate(self) -> None:
        while True:
            await asyncio.sleep(MAINTENANCE_SECONDS)
            ours = {part.part.pid or 0 for part in self._supervised.values()}
            await asyncio.to_thread(reap_orphans, ours=ours)
            for log in self._data_dir.logs.glob("*.log"):
                await asyncio.to_thread(logs.rotate, log)

    async def _stop_all(self) -> None:
        """Stop the graph, which drains as long as its nodes declare, then Ray, then the others in parallel."""
        for names in (["graph"], ["ray"], ["kafka", "postgres", "channels"]):
            await asyncio.gather(
                *(self._stop_one(self._supervised[name]) for name in names if name in self._supervised)
            )
        await asyncio.to_thread(self._preparation.stop)
        await asyncio.to_thread(stop_leftovers, self._data_dir, grace=0.5)  # of starts that were under way
        reap_orphans(ours=())
        self._data_dir.run_file.unlink(missing_ok=True)

    async def _stop_one(self, part: PartSupervisor) -> None:
        part.show("stopping")
        part.part.retire()
        await asyncio.to_thread(part.part.stop)
        part.show("down", pid=None)

    def _services(self) -> Services:
        """The addresses known so far: an embedded server has none before its first start."""
        settings, data_dir = self._settings, self._data_dir
        database = self._postgres.dsn() if self._postgres and self._postgres.port else ""
        broker = self._kafka.bootstrap_servers if self._kafka and self._kafka.port else ""
        return Services(
            database_url=settings.database_url or database,
            kafka_bootstrap_servers=settings.kafka_bootstrap_servers or broker,
            secret_key=_plain(settings.secret_key) or data_dir.secret("secret_key"),
            operator_token=_plain(settings.operator_token) or data_dir.secret("operator_token"),
        )

    def _product_environment(self) -> dict[str, str]:
        return product_environment(self._data_dir, self._settings, self._services(), haproxy=self._haproxy)

    def _endpoints(self) -> Endpoints:
        services = self._services()
        return Endpoints(
            ray=self._ray.address,
            database_url=services.database_url,
            kafka_bootstrap_servers=services.kafka_bootstrap_servers,
            settings=self._channels.settings if self._channels else {},
        )

    def _part_changed(self, status: PartStatus) -> None:
        services = self._services()
        self._run_state.update_part(
            status,
            database_url=services.database_url,
            kafka_bootstrap_servers=services.kafka_bootstrap_servers,
            dashboard_url=self._ray.dashboard_url if self._ray.dashboard_port else "",
            demo_channels_url=self._channels.url if self._channels else "",
        )

    def _show_kafka(self, text: str) -> None:
        """Called from the thread that starts Kafka."""
        self._loop.call_soon_threadsafe(lambda: self._supervised["kafka"].show("starting", detail=text))


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
