"""How long the certificate is valid that customers see, whoever renews it: the public address itself is asked."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography import x509

from deployments.runtime import metrics

TELL_EVERY_S = 5.0
"""A gauge that nobody sets is forgotten by Ray within half a minute."""
LOOK_EVERY_S = 60.0
ANSWER_WITHIN_S = 10.0


class CertificateWatch:
    """`run_once` is to be called every TELL_EVERY_S seconds; the address is asked every LOOK_EVERY_S.

    An address that does not answer leaves what was seen last.
    """

    def __init__(self, host: str, port: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._host, self._port, self._clock = host, port, clock
        self._look_at = float("-inf")
        self._ends: datetime | None = None

    async def run_once(self) -> None:
        """Look if it is time, and tell."""
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_EVERY_S
            self._ends = await asyncio.to_thread(_end_of_certificate, self._host, self._port) or self._ends
        if self._ends is not None:
            metrics.record(metrics.CERTIFICATE_LEFT, (self._ends - datetime.now(UTC)).total_seconds())


def _end_of_certificate(host: str, port: int) -> datetime | None:
    """Return the end of whatever certificate is shown, an invalid one too; None where nobody speaks TLS."""
    try:
        shown = ssl.get_server_certificate((host, port), timeout=ANSWER_WITHIN_S)
        return x509.load_pem_x509_certificate(shown.encode()).not_valid_after_utc
    except (OSError, ValueError):
        return None
