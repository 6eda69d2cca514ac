"""A health probe: does an URL of the running product answer 200?"""

from __future__ import annotations

import urllib.error
import urllib.request

TIMEOUT_SECONDS = 5.0
# Without the proxies of the user's environment: the product is on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers_200(url: str, *, timeout: float = TIMEOUT_SECONDS) -> bool:
    """Whether GET `url` answers 200 within `timeout` seconds; False for another status or no answer. Never raises."""
    try:
        with _OPENER.open(url, timeout=timeout) as response:
            return bool(response.status == 200)
    except (OSError, ValueError):  # URLError and HTTPError are OSErrors
        return False
