"""One trace a message (OpenTelemetry), from its acceptance to the provider. Off until `use` is called.

A trace's id is the id of the message's inbox row, and the spans that others hang under have ids that follow from it: so
every process knows them without being told, a record of Kafka's carries them for whoever reads it (`traceparent`), and
a message's trace is found by its row. A turn of several messages is traced under the last, which owns the reply.
Spans say what took how long: no text, no name, no address.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, Tracer

ACCEPT, TURN, AGENT = "accept", "turn", "agent"
"""The spans that others hang under."""
STAGES = ("identity", "analysis", AGENT)

ids: ContextVar[tuple[int, int] | None] = ContextVar("ids", default=None)
"""The ids of the trace and the span that is begun next, where they are not to be random."""
_tracers: list[Tracer] = []


def use(tracer: Tracer | None) -> None:
    """Trace from now on; its ids have to come from `ids` where that is set. None: no more."""
    _tracers[:] = [tracer] if tracer else []


def traceparent(inbox_id: UUID) -> str | None:
    """Return the W3C header of a message's trace; None while nothing is traced."""
    return f"00-{inbox_id.hex}-{_span_id(inbox_id, ACCEPT):016x}-01" if _tracers else None


def accepted(inbox_id: UUID, channel: str, *, since: int) -> None:
    """Note that a message was accepted just now, and begun to be `since` (nanoseconds of time.time_ns)."""
    if _tracers:
        _note(inbox_id, ACCEPT, None, since, time.time_ns(), SpanKind.PRODUCER, {"nightdesk.channel": channel})


def turn_ended(inbox_id: UUID, stages_ms: Mapping[str, float], attributes: Mapping[str, str]) -> None:
    """Note a turn that has ended just now: its stages followed each other."""
    if not _tracers:
        return
    end = time.time_ns()
    at = end - _ns(sum(stages_ms.values()) / 1000)
    _note(inbox_id, TURN, ACCEPT, at, end, SpanKind.CONSUMER, attributes)
    for stage, spent_ms in in_order(stages_ms):
        until = at + _ns(spent_ms / 1000)
        _note(inbox_id, stage, TURN, at, until, SpanKind.INTERNAL, {})
        at = until


def in_order(stages_ms: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return a turn's stages as they followed each other, those of no place of their own behind the others."""
    known = [(stage, stages_ms[stage]) for stage in STAGES if stage in stages_ms]
    return known + [(stage, spent_ms) for stage, spent_ms in stages_ms.items() if stage not in STAGES]


@contextmanager
def span(name: str, inbox_id: UUID | None, *, under: str, **attributes: str) -> Iterator[Span]:
    """Trace a call to something outside; what raises shows in the span by the exception's name."""
    if not _tracers or inbox_id is None:
        yield trace.INVALID_SPAN
        return
    begun = _tracers[0].start_span(
        name, _parent(inbox_id, under), SpanKind.CLIENT, attributes=dict(attributes), record_exception=False
    )
    try:
        yield begun
    except BaseException as error:
        begun.set_attribute("error.type", type(error).__name__)
        begun.set_status(trace.StatusCode.ERROR)
        raise
    finally:
        begun.end()


def _note(
    inbox_id: UUID, step: str, under: str | None, start: int, end: int, kind: SpanKind, attributes: Mapping[str, str]
) -> None:
    given = ids.set((inbox_id.int, _span_id(inbox_id, step)))
    try:
        context = _parent(inbox_id, under) if under else Context()
        _tracers[0].start_span(step, context, kind, attributes=dict(attributes), start_time=start).end(end)
    finally:
        ids.reset(given)


def _parent(inbox_id: UUID, step: str) -> Context:
    above = SpanContext(inbox_id.int, _span_id(inbox_id, step), is_remote=True, trace_flags=TraceFlags(0x01))
    return trace.set_span_in_context(NonRecordingSpan(above), Context())


def _span_id(inbox_id: UUID, step: str) -> int:
    return int.from_bytes(hashlib.sha256(inbox_id.bytes + step.encode()).digest()[:8], "big") or 1


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
