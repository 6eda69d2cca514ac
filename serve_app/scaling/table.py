"""The table of the nodes: on which signal each scales, between which bounds, and what one replica takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from serve_app.settings import grace
from serve_app.settings.settings import SettingsError

INGEST_RECORDS = 64
"""Records that one ingest replica works on at a time (ingest.bus.consumer.MAX_IN_FLIGHT)."""
SMALL_MOST = 4
"""More replicas of a node than this are for clusters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The least and the most replicas of a node."""

    least: int
    most: int

    def __post_init__(self) -> None:
        """Raises SettingsError for bounds that can't hold."""
        if not 1 <= self.least <= self.most:
            raise SettingsError(
                f"SCALING_BOUNDS: {self.least} to {self.most} replicas: 1 is the least, the second not below the first"
            )


ONE = Bounds(least=1, most=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRequests:
    """Serve's own policy: calls that run or wait, `each` a replica on average."""

    each: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OnWork:
    """A class of serve_app.scaling.policies with its arguments: the node scales on what its replicas report."""

    policy: str
    arguments: Mapping[str, float]


Signal: TypeAlias = OnRequests | OnWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds: how long a wish has to last until it is followed, and how signals are averaged and reported."""

    up_s: float = 30.0
    down_s: float = 300.0
    look_back_s: float = 30.0
    report_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One deployment. `signal` None: exactly one replica.

    `cpus` are reserved on a machine that all nodes share, `cluster_cpus` where each has processors of its own.
    `calls` is how many a replica takes at a time, `grace_s` how long it may take to stop; None: Serve's defaults.
    A replica opens `pools` pools and `more_connections` to PostgreSQL.
    """

    name: str
    cpus: float
    cluster_cpus: float
    cluster: Bounds
    signal: Signal | None = None
    pace: Pace = field(default_factory=Pace)
    calls: int | None = None
    grace_s: int | None = None
    pools: int = 1
    more_connections: int = 0


NODES: tuple[Node, ...] = (
    # Its target is a handful of calls: at 70 % of a processor's time about two are under way and two wait.
    Node(
        name="ingress",
        cpus=0.2,
        cluster_cpus=1.0,
        cluster=Bounds(least=3, most=20),
        signal=OnRequests(each=4),
        calls=512,
        more_connections=1,  # the probes' own
    ),
    Node(
        name="identity",
        cpus=0.1,
        cluster_cpus=0.5,
        cluster=Bounds(least=2, most=10),
        signal=OnRequests(each=6),
        calls=64,
    ),
    # A call is a batch that waits for one thread: what runs or waits is its queue.
    Node(
        name="analysis",
        cpus=0.2,
        cluster_cpus=1.0,
        cluster=Bounds(least=2, most=20),
        signal=OnRequests(each=3),
        calls=64,
        pools=0,
        more_connections=1,  # the heartbeat's
    ),
    # 90 of 128 runs is 70 %; what waits beyond them is to be gone within half a minute.
    Node(
        name="agent",
        cpus=0.2,
        cluster_cpus=1.0,
        cluster=Bounds(least=3, most=30),
        signal=OnWork(policy="WaitingMessages", arguments={"runs_each": 90, "drain_s": 30}),
        calls=128,
        grace_s=grace.AGENT_S,
    ),
    Node(
        name="ingest",
        cpus=0.1,
        cluster_cpus=0.5,
        cluster=Bounds(least=3, most=30),
        signal=OnWork(policy="ConsumerLag", arguments={"records_each": INGEST_RECORDS}),
        grace_s=grace.INGEST_S,
    ),
    Node(
        name="delivery",
        cpus=0.1,
        cluster_cpus=0.5,
        cluster=Bounds(least=1, most=6),
        signal=OnWork(policy="OutboxAge", arguments={"target_s": 10}),
        grace_s=grace.DELIVERY_S,
    ),
    # Sweeper, alerts, mailbox and clocks: others would repeat it.
    Node(name="reporting", cpus=0.05, cluster_cpus=0.5, cluster=ONE),
)
NAMES = tuple(node.name for node in NODES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """A node with the bounds of one installation."""

    node: Node
    bounds: Bounds


def small(cores: int) -> dict[str, Bounds]:
    """Return the bounds for one machine: one replica of each node, and on four cores or more some more of each, and two
    of the ingress from the start: acceptance goes on while one is replaced."""
    most = max(1, min(cores // 2, SMALL_MOST))
    least = {"ingress": min(2, most)}
    return {node.name: Bounds(least=least.get(node.name, 1), most=most if node.signal else 1) for node in NODES}


def cluster() -> dict[str, Bounds]:
    """Return the bounds for a cluster."""
    return {node.name: node.cluster for node in NODES}


def scaled(
    defaults: Mapping[str, Bounds], wanted: Mapping[str, tuple[int, int]], nodes: tuple[Node, ...] = NODES
) -> tuple[Scaled, ...]:
    """Return every node with its bounds: those `wanted`, by name, else the defaults. Raises SettingsError."""
    if unknown := sorted(wanted.keys() - set(NAMES)):
        raise SettingsError(f"SCALING_BOUNDS: {unknown[0]!r} is no node; expected some of {', '.join(NAMES)}")
    found = []
    for node in nodes:
        least, most = wanted.get(node.name, (defaults[node.name].least, defaults[node.name].most))
        bounds = Bounds(least=least, most=most)
        if node.signal is None and bounds != ONE:
            raise SettingsError(f"SCALING_BOUNDS: {node.name} runs exactly once")
        found.append(Scaled(node=node, bounds=bounds))
    return tuple(found)


def require_partitions(nodes: Sequence[Scaled], partitions: int) -> None:
    """Raise SettingsError when ingest replicas would be without a partition."""
    most = next(one.bounds.most for one in nodes if one.node.name == "ingest")
    if partitions < most:
        raise SettingsError(
            f"KAFKA_PARTITIONS: {partitions}, but up to {most} ingest replicas want one each: "
            f"set it to {most} or more, or lower ingest's bound"
        )


TRIAL_PACE = Pace(up_s=3.0, down_s=25.0, look_back_s=6.0, report_s=2.0)
_TRIAL_SIGNALS: dict[str, Signal] = {
    "ingress": OnRequests(each=0.3),
    "identity": OnRequests(each=0.15),
    "analysis": OnRequests(each=0.3),
    "agent": OnWork(policy="WaitingMessages", arguments={"runs_each": 0.5, "drain_s": 10}),
    "ingest": OnWork(policy="ConsumerLag", arguments={"records_each": 16}),
    "delivery": OnWork(policy="OutboxAge", arguments={"target_s": 0.3}),
}


def trial() -> tuple[Scaled, ...]:
    """Return the nodes of `nightdesk bench scaling`: thresholds that two cores reach, 1 to 2 replicas."""
    nodes = tuple(
        replace(node, signal=_TRIAL_SIGNALS[node.name], pace=TRIAL_PACE) if node.signal else node for node in NODES
    )
    return scaled({node.name: Bounds(least=1, most=2 if node.signal else 1) for node in nodes}, {}, nodes)
