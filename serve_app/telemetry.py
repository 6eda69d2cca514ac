"""Structured logs: one JSON object a line on stderr, with the node's name and without personal data."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

from deployments.agent.checks.masking import redact

_QUOTES = frozenset({"exception", "error", "cause", "detail", "caused_by"})
"""Fields whose text comes from an exception or another system."""


def configure_logging(level: str, node: str) -> None:
    """Write structlog's events to stderr as JSON, from `level` (a name of the logging module) on."""

    def name_the_node(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["node"] = node
        return event

    # It reports an unreachable broker several times a second; the relay and the consumer log it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            name_the_node,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_personal_data,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def without_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Redact the fields of `_QUOTES`: an exception's text may contain the value that it is about."""
    for key in event.keys() & _QUOTES:
        event[key] = redact(str(event[key]))
    return event
