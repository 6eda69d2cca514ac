"""How each alert is raised on the running product, and what its entry in docs/runbook.md says to look at then.

A case breaks something real, `read` does what the entry says as far as it leads here, and the end of the context is the
repair with which the entry ends.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from deployments.turns.failure_notice import TEXT
from evaluation.benchmarks.processes import REPLICA
from tests.fakes.openai_server import Step
from tests.fixtures.alerted import QUESTION, Alerted, customers
from tests.fixtures.breaking import execute, failing, frozen, watch_refused
from tests.fixtures.certificates import public_address
from tests.fixtures.channels import new_address
from tests.fixtures.waiting import wait_until

Raised = Callable[[Alerted], AbstractContextManager[None]]
MANY = 700
"""More than the 500 records of the alert."""
STAGES = """
    sum by (stage) (rate(ray_nightdesk_stage_seconds_sum[1m]))
    / sum by (stage) (rate(ray_nightdesk_stage_seconds_count[1m]))"""
REASONS = "sum by (reason) (increase(ray_nightdesk_escalations_total[2m]))"
# Every answer fails while it is written, as after a release with a fault; the notice to its customer does not.
NO_ANSWERS = """
    CREATE FUNCTION no_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'a fault of the new release'; END $$;
    CREATE TRIGGER no_answers BEFORE INSERT ON decision_records FOR EACH ROW WHEN (NEW.outcome = 'answered')
    EXECUTE FUNCTION no_answers()"""
ROLLED_BACK = "DROP TRIGGER IF EXISTS no_answers ON decision_records; DROP FUNCTION IF EXISTS no_answers()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`read` returns what was seen, for the log, and asserts what the entry says of it. `labels` are the alert's."""

    alerts: tuple[str, ...]
    raised: Raised
    read: Callable[[Alerted], str]
    labels: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def kafka_stopped(alerted: Alerted) -> Iterator[None]:
    """The broker does not answer; forms are accepted all the same."""
    with frozen("kafka.Kafka")(alerted.product, alerted.channels):
        alerted.form()
        yield


def read_customers_wait(alerted: Alerted) -> str:
    return f"step 2: kafka {alerted.trouble('kafka')}"


@contextmanager
def slow_model(alerted: Alerted) -> Iterator[None]:
    """Each call of the language model takes three seconds, and an answer takes two calls."""
    with customers(alerted, every_s=1.0):
        alerted.model.always = Step(seconds=3.0)
        try:
            yield
        finally:
            alerted.model.always = Step()
            # Only later turns bring the mean down.
            wait_until(lambda: not alerted.prometheus.firing("NightdeskAnswersSlow"), within_s=400)


def read_answers_slow(alerted: Alerted) -> str:
    # A stage has a figure (a mean of none is NaN) once a turn has passed it.
    wait_until(lambda: alerted.prometheus.by("stage", STAGES).get("agent", 0.0) > 0.0, what="a turn's end")
    means = {stage: mean for stage, mean in alerted.prometheus.by("stage", STAGES).items() if mean > 0.0}
    # On a busy machine every stage takes longer; the one that waits for the model takes longest all the same.
    assert max(means, key=means.__getitem__) == "agent", means
    return f"step 1: agent {means.pop('agent'):.1f} s, the next {max(means.values(), default=0.0):.2f} s"


@contextmanager
def more_than_is_worked_on(alerted: Alerted) -> Iterator[None]:
    """The model takes so long that a few hundred customers wait."""
    alerted.model.always = Step(seconds=15.0)
    try:
        alerted.forms(MANY)
        yield
    finally:
        alerted.model.always = Step()


def read_consumer_lag(alerted: Alerted) -> str:
    lag = alerted.prometheus.figure("max(ray_nightdesk_consumer_lag_records)")
    assert lag is not None
    assert lag > 500
    said = alerted.component("ingest")
    return f"lag {lag:.0f}; ingest {said}; {read_answers_slow(alerted)}"


@contextmanager
def model_away(alerted: Alerted) -> Iterator[None]:
    """The language model answers 503: every turn is handed over."""
    with customers(alerted, every_s=1.0):
        alerted.model.always = Step.fault("status", status=503)
        try:
            yield
        finally:
            alerted.model.always = Step()
            wait_until(lambda: not alerted.prometheus.firing("NightdeskEscalationRate"), within_s=400)


def read_escalation_rate(alerted: Alerted) -> str:
    reasons = alerted.prometheus.by("reason", REASONS)
    assert max(reasons, key=lambda reason: reasons[reason]) == "agent_error", reasons
    return f"by reason: agent_error; agent {alerted.component('agent')}"


@contextmanager
def fault_of_a_release(alerted: Alerted) -> Iterator[None]:
    """No answer can be written; then that is mended, what failed is replayed, and its conversations are released."""
    asyncio.run(execute(alerted.product, NO_ANSWERS))
    try:
        tickets = alerted.forms(8)
        yield
    finally:
        asyncio.run(execute(alerted.product, ROLLED_BACK))
    said = alerted.said("dlq", "replay", "--all")
    assert said.endswith(f"all {len(tickets)} replayed\n"), said
    for ticket in tickets:
        alerted.release(ticket)
    wait_until(lambda: all(_answered(alerted, one) for one in tickets), within_s=200, what=f"answers after {said}")


def _answered(alerted: Alerted, ticket: dict[str, Any]) -> bool:
    return any(TEXT not in reply for reply in alerted.answers(ticket))


def read_dead_letters(alerted: Alerted) -> str:
    letters: list[dict[str, Any]] = json.loads(alerted.said("dlq", "list", "--json"))
    causes = {letter["cause"] for letter in letters}
    assert len(causes) == 1, causes
    shown = alerted.said("dlq", "show", letters[0]["id"])
    assert "a fault of the new release" in shown, shown
    return f"{len(letters)} letters, one cause: {causes.pop()}"


@contextmanager
def token_expired(alerted: Alerted) -> Iterator[None]:
    """Google no longer takes the refresh token; the end is a new one, and a roll."""
    with failing("mail", ("oauth2.token",), "invalid_grant")(alerted.product, alerted.channels):
        yield
    alerted.roll()


def read_channel_degraded(alerted: Alerted) -> str:
    said, checked = alerted.trouble("gmail", "GMAIL_REFRESH_TOKEN"), alerted.channels_check()
    assert "failed" in checked, checked
    return f"step 1: gmail {said}"


@contextmanager
def watch_ends(alerted: Alerted) -> Iterator[None]:
    """Google has refused to renew the watch for days; it ends in two."""
    with watch_refused(2 * 86_400)(alerted.product, alerted.channels):
        yield


def read_watch_ends(alerted: Alerted) -> str:
    said, checked = alerted.trouble("gmail", "GMAIL_PUBSUB_TOPIC"), alerted.channels_check()
    assert "failed" in checked, checked
    return f"step 1: gmail {said}"


@contextmanager
def node_hangs(alerted: Alerted, node: str) -> Iterator[None]:
    """A node's replica stands still, and each that takes its place."""
    with frozen(f"{REPLICA}{node}")(alerted.product, alerted.channels):
        yield


def read_replica_unhealthy(alerted: Alerted) -> str:
    return f"identity {alerted.trouble('identity')}"


@contextmanager
def database_stopped(alerted: Alerted) -> Iterator[None]:
    """PostgreSQL does not answer, and customers write."""
    with frozen("bin/postgres")(alerted.product, alerted.channels), customers(alerted, every_s=1.0, call=_once):
        yield


def _once(alerted: Alerted) -> httpx.Response | None:
    form = {"name": "Ada Byron", "email": new_address(), "subject": "Signing in", "category": "technical"}
    return alerted.post({**form, "message": QUESTION}, secrets.token_hex(16))


def read_http_errors(alerted: Alerted) -> str:
    answer = _once(alerted)
    assert answer is not None
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    return f"step 1: 503 {answer.json()['error']}, Retry-After {answer.headers['Retry-After']}"


@contextmanager
def too_little_processor(alerted: Alerted) -> Iterator[None]:
    """A replica is stopped for two and a half seconds of every six, as a container beyond its limit is."""
    over = threading.Event()

    def throttle() -> None:
        while not over.wait(3.5):
            held = alerted.product.processes(f"{REPLICA}agent")
            for one in held:
                one.send_signal(signal.SIGSTOP)
            time.sleep(2.5)
            for one in held:
                one.send_signal(signal.SIGCONT)

    throttling = threading.Thread(target=throttle, daemon=True)
    throttling.start()
    try:
        yield
    finally:
        over.set()
        throttling.join()


def read_loop_blocked(alerted: Alerted) -> str:
    blocks = alerted.prometheus.by("node", "max by (node) (ray_nightdesk_loop_lag_seconds)")
    assert max(blocks, key=lambda node: blocks[node]) == "agent", blocks
    return f"agent {blocks['agent']:.1f} s, the next {sorted(blocks.values())[-2]:.2f} s"


def read_silent(alerted: Alerted) -> str:
    return f"step 1: reporting {alerted.trouble('reporting')}"


@contextmanager
def certificate_ends(alerted: Alerted) -> Iterator[None]:
    """What shows itself at PUBLIC_BASE_URL has six days left; the end is another certificate in its place."""
    with public_address(timedelta(days=6)) as public:
        alerted.roll(PUBLIC_BASE_URL=public.url)
        yield
        public.show(timedelta(days=90))
        wait_until(lambda: not alerted.prometheus.firing("NightdeskCertificateExpires"), within_s=300)


def read_certificate(alerted: Alerted) -> str:
    left = alerted.prometheus.figure("min(ray_nightdesk_certificate_left_seconds)")
    assert left is not None
    assert 5 < left / 86_400 < 6
    return f"{left / 86_400:.1f} days left"


CASES = (
    Case(alerts=("NightdeskHttpErrors",), raised=database_stopped, read=read_http_errors),
    Case(alerts=("NightdeskSilent",), raised=lambda alerted: node_hangs(alerted, "reporting"), read=read_silent),
    Case(
        alerts=("NightdeskReplicaUnhealthy",),
        raised=lambda alerted: node_hangs(alerted, "identity"),
        read=read_replica_unhealthy,
        labels={"deployment": "identity"},
    ),
    Case(alerts=("NightdeskEscalationRate",), raised=model_away, read=read_escalation_rate),
    Case(
        alerts=("NightdeskDeadLettersGrow", "NightdeskDeadLetters"), raised=fault_of_a_release, read=read_dead_letters
    ),
    Case(
        alerts=("NightdeskLoopBlocked",), raised=too_little_processor, read=read_loop_blocked, labels={"node": "agent"}
    ),
    Case(alerts=("NightdeskCustomersWait",), raised=kafka_stopped, read=read_customers_wait),
)
"""Those that need no channel: while replies wait for providers that are away."""
CHANNEL_CASES = (
    Case(alerts=("NightdeskWatchEnds",), raised=watch_ends, read=read_watch_ends),
    Case(alerts=("NightdeskAnswersSlow",), raised=slow_model, read=read_answers_slow),
    Case(alerts=("NightdeskConsumerLag",), raised=more_than_is_worked_on, read=read_consumer_lag),
    Case(
        alerts=("NightdeskChannelDegraded",),
        raised=token_expired,
        read=read_channel_degraded,
        labels={"channel": "email"},
    ),
    Case(alerts=("NightdeskCertificateExpires",), raised=certificate_ends, read=read_certificate),
)
"""Those for which both providers are there. Replies that do not leave take minutes: they are in test_alerts.py."""
