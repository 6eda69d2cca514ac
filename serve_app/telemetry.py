"""Structured logs: one JSON object a line on stderr, with the node's name and without personal data.

Ours go through structlog, and so does what uvicorn and other libraries log with Python's own `logging`. Serve writes
its own lines as JSON, too (`serve_logging`).
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from deployments.agent.checks.masking import redact

_QUOTES = frozenset({"exception", "error", "cause", "detail", "caused_by"})
"""Fields whose text comes from an exception or another system."""
_OBEY_THE_LEVEL = ("uvicorn", "ray.serve")
"""Loggers of others that are as loud as ours. The rest is heard from warnings on: below that, clients log what they
send, which is what customers wrote."""


def configure_logging(level: str, node: str) -> None:
    """Write our events and those of libraries to stderr as JSON, from `level` (a name of the logging module) on."""

    def name_the_node(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["node"] = node
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_the_node,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_personal_data,
    ]
    _route_libraries(level, shared)
    # It reports an unreachable broker several times a second; the relay and the consumer log it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def serve_logging(level: str) -> dict[str, Any]:
    """Return how Ray Serve is to log, in all of its own processes."""
    return {"encoding": "JSON", "log_level": level}


class _Libraries(logging.StreamHandler[Any]):
    """The one handler of ours on the root logger."""


def _route_libraries(level: str, shared: list[structlog.typing.Processor]) -> None:
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Libraries)]:
        root.removeHandler(handler)
    handler = _Libraries(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared, _without_personal_data_in_the_line],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, getattr(logging, level)))
    for name in _OBEY_THE_LEVEL:
        logging.getLogger(name).setLevel(level)


def without_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Redact the fields of `_QUOTES`: an exception's text may contain the value that it is about."""
    for key in event.keys() & _QUOTES:
        event[key] = redact(str(event[key]))
    return event


def _without_personal_data_in_the_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Redact what a library wrote; ours is a name, and what it says of a customer stands in no field."""
    event["event"] = redact(str(event["event"]))
    return event
