"""Fixtures of the WhatsApp channel."""

from __future__ import annotations

from tests.fixtures.graph import group, kafka
from tests.fixtures.store import plain_logs, store
from tests.fixtures.whatsapp_channel import control, line, listener, other_pool, twilio_options

__all__ = ["control", "group", "kafka", "line", "listener", "other_pool", "plain_logs", "store", "twilio_options"]
