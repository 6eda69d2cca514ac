"""Every node in one process over a real PostgreSQL, a real Kafka and stand-ins of what lies outside, each to be broken.

Each node reaches the database by a wire of its own: one that is cut can't report, and is silent as a dead one is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil
from pydantic import SecretStr

from db.ids import new_id
from db.operations.node_status import Status
from db.pool import create_pool
from db.records import Analysis
from deployments.agent.models.breaker import Breaker
from deployments.agent.models.model_health import ModelHealth
from deployments.agent.models.remote_model import connect
from deployments.agent.models.settings import ModelSettings
from deployments.channels.gmail.mailbox_reader import MailboxWorker
from deployments.delivery.node import DeliveryNode
from deployments.ingest_node import IngestNode
from deployments.reporting.collector import AlertRules
from deployments.reporting.node import ReportingNode
from deployments.reporting.notifier import Notifier
from deployments.reporting.periodic_tasks import PeriodicTask
from deployments.runtime.heartbeat import Heartbeat
from evaluation.providers.control_client import ControlClient
from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.serving import serve_in_thread
from evaluation.providers.shared_state import SharedState
from evaluation.providers.twilio import TwilioOptions, twilio_app
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.nodes.delivery import senders
from serve_app.nodes.gmail_account import account
from serve_app.settings.app_args import AppArgs, KafkaArgs
from serve_app.settings.channels import GmailArgs, TwilioArgs
from tests.fakes.nodes import FlatAnalysis
from tests.fakes.openai_server import OpenAIServer
from tests.fixtures.graph import Graph
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually
from tests.fixtures.wire import Wire
from tests.integration.api.serving import arguments, running
from tests.integration.reporting.test_notifier import Room, room

BEAT_S, SILENT_S = 0.5, 6.0
"""A tenth of the product's, and room for a busy machine."""
SOON_S = 300.0
NODES = ("ingress", "ingest", "identity", "analysis", "agent", "delivery", "reporting")


class BreakableAnalysis(FlatAnalysis):
    """An analysis node that fails on every text while it is `broken`."""

    broken = False

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        if self.broken:
            raise RuntimeError("the model's file is damaged")
        return await FlatAnalysis.analyse(self, texts)


@dataclass(slots=True)
class Chore:
    """A periodic task that fails while it is `broken`."""

    broken: bool = False

    async def run(self) -> None:
        if self.broken:
            raise ValueError("no good")


@dataclass(slots=True, kw_only=True)
class Installation:
    """What runs, and what a test breaks of it."""

    store: Store
    client: httpx.AsyncClient
    wires: dict[str, Wire]
    broker: EmbeddedKafka
    graph: Graph
    worker: IngestNode
    gmail: ControlClient
    twilio: ControlClient
    chat: Room
    openai: OpenAIServer
    model: ModelHealth
    analysis: BreakableAnalysis
    chore: Chore = field(default_factory=Chore)

    async def health(self) -> dict[str, Any]:
        """What /health says now."""
        body: dict[str, Any] = (await self.client.get("/health")).json()
        return body

    async def becomes_healthy(self) -> None:
        """Wait until nothing is wrong, and there is nothing to tell."""

        async def so() -> bool:
            health = await self.health()
            return bool(health["status"] == "healthy" and not health["alerts"])

        await eventually(so, within_s=SOON_S, pause_s=0.1)

    async def shows(self, component: str, status: str, words: str) -> None:
        """Wait until a component has this status and these words in its detail; 'alerts' has no status."""

        async def so() -> bool:
            health = await self.health()
            if component == "alerts":
                return any(words in alert for alert in health["alerts"])
            found = health["components"][component]
            return bool(found["status"] == status and words in found["detail"] and health["status"] != "healthy")

        await eventually(so, within_s=SOON_S, pause_s=0.1)

    def broker_processes(self) -> list[psutil.Process]:
        """The broker's processes."""
        assert self.broker.pid is not None
        leader = psutil.Process(self.broker.pid)
        return [leader, *leader.children(recursive=True)]


@asynccontextmanager
async def installed(database_url: str, broker: EmbeddedKafka, kafka: KafkaArgs) -> AsyncIterator[Installation]:
    """Start everything; it is healthy once the nodes have reported."""
    openai = OpenAIServer()
    async with AsyncExitStack() as stack:
        wires = {node: Wire(database_url) for node in NODES}
        for wire in wires.values():
            await wire.mend()
            stack.push_async_callback(wire.cut)
        gmail, twilio = stack.enter_context(_gmail()), stack.enter_context(_twilio())
        chat, model_url = stack.enter_context(room()), stack.enter_context(serve_in_thread(openai.app))
        args = _args(kafka, gmail, twilio)
        store = Store(await create_pool(database_url, size=6))
        stack.push_async_callback(store.pool.close)
        chore, analysis, model = Chore(), BreakableAnalysis(), _model(model_url)
        graph = Graph(store, wires["ingest"].url, kafka, f"health-{new_id()}", analysis=analysis)
        worker = await graph.worker(beat_every_s=BEAT_S)
        stack.push_async_callback(graph.close)
        await _heartbeats(stack, wires, model)
        delivery = await _delivery(wires["delivery"].url, args)
        stack.push_async_callback(delivery.close)
        reporting = await _reporting(wires["reporting"].url, args, graph.group, chat, chore)
        stack.push_async_callback(reporting.close)
        serving = running(
            args.model_copy(update={"database_url": wires["ingress"].url}), beat_every_s=BEAT_S, silent_s=SILENT_S
        )
        served = await stack.enter_async_context(serving)
        yield Installation(
            store=store,
            client=served.client,
            wires=wires,
            broker=broker,
            graph=graph,
            worker=worker,
            gmail=gmail,
            twilio=twilio,
            chat=chat,
            openai=openai,
            model=model,
            analysis=analysis,
            chore=chore,
        )


@contextmanager
def _gmail() -> Iterator[ControlClient]:
    with serve_in_thread(gmail_app(GmailOptions(), SharedState.create())) as url, ControlClient(url) as control:
        yield control


@contextmanager
def _twilio() -> Iterator[ControlClient]:
    with serve_in_thread(twilio_app(TwilioOptions(), SharedState.create())) as url, ControlClient(url) as control:
        yield control


def _args(kafka: KafkaArgs, gmail: ControlClient, twilio: ControlClient) -> AppArgs:
    mail, phone = GmailOptions(), TwilioOptions()
    return arguments(
        "postgresql://set-by-node",
        kafka=kafka,
        gmail=GmailArgs(
            client_id=mail.client_id,
            client_secret=SecretStr(mail.client_secret),
            refresh_token=SecretStr(mail.refresh_token),
            user=mail.user,
            topic=mail.topic,
            api_base_url=gmail.base_url,
            token_url=f"{gmail.base_url}/token",
        ),
        twilio=TwilioArgs(
            account_sid=phone.account_sid,
            auth_token=SecretStr(phone.auth_token),
            number=phone.number,
            api_base_url=twilio.base_url,
        ),
    )


def _model(url: str) -> ModelHealth:
    settings = ModelSettings(api_key="sk-test", base_url=f"{url}/v1", name="gpt-test", probe_every_s=BEAT_S)
    return ModelHealth(connect(settings), settings=settings, breaker=Breaker())


def _runs() -> tuple[Status, str]:
    return "healthy", ""


async def _heartbeats(stack: AsyncExitStack, wires: dict[str, Wire], model: ModelHealth) -> None:
    """Start the heartbeats of the nodes that are a heartbeat and calls, as serve_app.nodes does."""
    for node, status in {"identity": _runs, "analysis": _runs, "agent": model.status}.items():
        pool = await create_pool(wires[node].url, size=1, min_size=0)
        heartbeat = Heartbeat(pool=pool, node=node, replica=str(new_id()), status=status, every_s=BEAT_S)
        heartbeat.start()
        stack.push_async_callback(pool.close)
        stack.push_async_callback(heartbeat.stop)


async def _delivery(database_url: str, args: AppArgs) -> DeliveryNode:
    pool = await create_pool(database_url, size=4, min_size=0)
    return DeliveryNode(pool=pool, senders=senders(args, pool), check_s=BEAT_S, beat_every_s=BEAT_S)


async def _reporting(database_url: str, args: AppArgs, group: str, chat: Room, chore: Chore) -> ReportingNode:
    pool = await create_pool(database_url, size=6, min_size=0)
    gmail = account(args)
    assert gmail is not None
    notifier = Notifier(pool=pool, urls=[chat.url], first_retry_s=3600.0, trial_every_s=BEAT_S)
    return ReportingNode(
        pool=pool,
        kafka=args.kafka,
        group=group,
        rules=AlertRules(interval_s=BEAT_S),
        mailbox=MailboxWorker(
            pool=pool,
            gmail=gmail.client,
            address=gmail.address,
            topic=args.gmail.topic,
            poll_s=BEAT_S,
            beat_every_s=BEAT_S,
        ),
        tasks=[
            PeriodicTask(name="chore", every_s=BEAT_S, work=chore.run),
            PeriodicTask(
                name="notifier",
                every_s=BEAT_S,
                work=notifier.run_once,
                problem=notifier.problem,
                close=notifier.close,
            ),
        ],
        beat_every_s=BEAT_S,
    )
