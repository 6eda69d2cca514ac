"""H6, M1: each kind of broken part shows in /health, by a name and a reason, and is gone again after its repair."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from db.operations import dead_letters, notifications
from db.pool import transaction
from ingest.bus.topics import client_options
from ingest.events import DLQ, INCOMING
from serve_app.embedded.parts.kafka import EmbeddedKafka
from tests.fakes.openai_server import Step
from tests.fixtures.graph import emptied
from tests.integration.health.installation import BEAT_S, Installation, installed

pytestmark = pytest.mark.asyncio(loop_scope="module")

Act = Callable[[Installation], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way in which a part breaks, and what /health then says: the component, its status, words of its detail."""

    breaks: Act
    mends: Act
    component: str
    status: str
    words: str


def cut(node: str, status: str) -> Kind:
    """The node runs on and can't report."""
    return Kind(
        breaks=lambda inst: inst.wires[node].cut(),
        mends=lambda inst: inst.wires[node].mend(),
        component=node,
        status=status,
        words=f"no heartbeat of the {node} node for",
    )


def fault(provider: str, component: str, method: str, kind: str, words: str, **fields: Any) -> Kind:
    """The provider's stand-in fails until its faults are cleared."""

    async def breaks(inst: Installation) -> None:
        control = getattr(inst, provider)
        await asyncio.to_thread(lambda: control.fault(method, kind, times=None, **fields))
        if method == "oauth2.token":
            await asyncio.to_thread(control.revoke_access_tokens)

    async def mends(inst: Installation) -> None:
        await asyncio.to_thread(getattr(inst, provider).clear_faults)

    return Kind(breaks=breaks, mends=mends, component=component, status="degraded", words=words)


async def freeze_broker(inst: Installation) -> None:
    for process in inst.broker_processes():
        process.suspend()


async def thaw_broker(inst: Installation) -> None:
    for process in inst.broker_processes():
        process.resume()


async def flood_with_rubbish(inst: Installation) -> None:
    """Publish more unreadable records than one bad message makes, as a bad deploy does."""
    producer = AIOKafkaProducer(**client_options(inst.graph.kafka))
    await producer.start()
    for n in range(120):
        await producer.send_and_wait(INCOMING, b"rubbish", key=f"bad-{n}".encode())
    await producer.stop()


async def restart_behind_rubbish(inst: Installation) -> None:
    """Replace the worker, as an operator does who has mended the cause; the records are settled."""
    inst.graph.parts.remove(inst.worker)
    await inst.worker.close()
    consumer = AIOKafkaConsumer(**client_options(inst.graph.kafka), group_id=inst.graph.group, enable_auto_commit=False)
    await consumer.start()
    partitions = [TopicPartition(INCOMING, n) for n in range(inst.graph.kafka.partitions)]
    consumer.assign(partitions)
    await consumer.commit(await consumer.end_offsets(partitions))
    await consumer.stop()
    await replay_all(inst)
    inst.worker = await inst.graph.worker(beat_every_s=BEAT_S)


async def break_analysis(inst: Installation) -> None:
    inst.analysis.broken = True
    await inst.store.form("How do I log in?")


async def mend_analysis(inst: Installation) -> None:
    """Let it answer; where that came too late the message is a dead letter."""
    inst.analysis.broken = False
    await inst.graph.settled()
    await replay_all(inst)


async def break_model(inst: Installation) -> None:
    """The server is down, and a turn has noticed it."""
    inst.openai.always = Step.fault("status", status=503)
    inst.model.record(TimeoutError())


async def mend_model(inst: Installation) -> None:
    inst.openai.reset()


async def let_watch_expire(inst: Installation) -> None:
    await asyncio.to_thread(lambda: inst.gmail.fault("users.watch", "error_before", times=None, status=403))
    long_ago = datetime.now(UTC) - timedelta(days=8)
    await inst.store.execute("UPDATE mailboxes SET watched_at = $1, watch_expires_at = $1", long_ago)


async def renew_watch(inst: Installation) -> None:
    await asyncio.to_thread(inst.gmail.clear_faults)


async def break_chat(inst: Installation) -> None:
    inst.chat.status = 500
    async with transaction(inst.store.pool) as connection:
        await notifications.add(connection, "a", "About a.", due_at=datetime.now(UTC))


async def mend_chat(inst: Installation) -> None:
    inst.chat.status = 200


async def break_chore(inst: Installation) -> None:
    inst.chore.broken = True


async def mend_chore(inst: Installation) -> None:
    inst.chore.broken = False


async def dead_letter(inst: Installation) -> None:
    async with transaction(inst.store.pool) as connection:
        await dead_letters.dead_letter(
            connection, topic="test", partition=0, offset=1, key="k", value=b"x", cause="unreadable", announce_on=DLQ
        )


async def replay_all(inst: Installation) -> None:
    await inst.store.execute("UPDATE dead_letters SET state = 'replayed'")


KINDS = {
    "postgresql_away": Kind(
        breaks=lambda inst: inst.wires["ingress"].cut(),
        mends=lambda inst: inst.wires["ingress"].mend(),
        component="database",
        status="unhealthy",
        words="PostgreSQL does not answer",
    ),
    "kafka_away": Kind(breaks=freeze_broker, mends=thaw_broker, component="kafka", status="degraded", words=""),
    "consumer_stopped": Kind(
        breaks=flood_with_rubbish,
        mends=restart_behind_rubbish,
        component="ingest",
        status="unhealthy",
        words="too many dead letters",
    ),
    "ingest_silent": cut("ingest", "unhealthy"),
    "identity_silent": cut("identity", "unhealthy"),
    "analysis_silent": cut("analysis", "unhealthy"),
    "agent_silent": cut("agent", "unhealthy"),
    "delivery_silent": cut("delivery", "unhealthy"),
    "reporting_silent": cut("reporting", "degraded"),
    "analysis_failing": Kind(
        breaks=break_analysis, mends=mend_analysis, component="analysis", status="unhealthy", words="RuntimeError"
    ),
    "model_failing": Kind(
        breaks=break_model, mends=mend_model, component="agent", status="degraded", words="does not answer"
    ),
    "gmail_failing": fault("gmail", "gmail", "users.getProfile", "error_before", "", status=503),
    "gmail_authorisation_lost": fault("gmail", "gmail", "oauth2.token", "invalid_grant", "GMAIL_REFRESH_TOKEN"),
    "twilio_failing": fault("twilio", "whatsapp", "accounts.fetch", "error_before", "", status=503),
    "watch_expired": Kind(
        breaks=let_watch_expire, mends=renew_watch, component="gmail", status="degraded", words="the watch expired on"
    ),
    "notifier_failing": Kind(
        breaks=break_chat, mends=mend_chat, component="reporting", status="degraded", words="JSON did not take it"
    ),
    "periodic_task_failing": Kind(
        breaks=break_chore, mends=mend_chore, component="reporting", status="degraded", words="chore fails: ValueError"
    ),
    "dead_letters_growing": Kind(
        breaks=dead_letter, mends=replay_all, component="alerts", status="", words="dead letters: 1"
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installation(module_database_url: str, kafka_server: EmbeddedKafka) -> AsyncIterator[Installation]:
    """One installation, which every test leaves healthy."""
    async with installed(module_database_url, kafka_server, await emptied(kafka_server)) as inst:
        yield inst


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", KINDS)
async def test_h6_a_broken_part_shows_and_is_gone_after_its_repair(installation: Installation, name: str) -> None:
    kind = KINDS[name]
    await installation.becomes_healthy()
    await kind.breaks(installation)
    try:
        await installation.shows(kind.component, kind.status, kind.words)
    finally:
        await kind.mends(installation)
    await installation.becomes_healthy()
