"""Fixtures of the e-mail channel."""

from __future__ import annotations

from tests.fixtures.mail_channel import control, gmail_options, post
from tests.fixtures.store import plain_logs, store

__all__ = ["control", "gmail_options", "plain_logs", "post", "store"]
