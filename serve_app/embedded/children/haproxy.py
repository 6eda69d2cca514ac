"""What Ray Serve starts as HAProxy: reads the configuration that Ray has written, changes it, and becomes HAProxy.

`python haproxy.py BINARY -db -f CONFIGURATION …`. Ray has no settings for this:

- its two ports for statistics, open on every interface, are left out;
- each call says in a header whose connection it came by, which `serve_app.api.base.proxy_errors` believes;
- a call has HEAD_S for its head: without it the half of one would hold a connection for an hour;
- what HAProxy answers itself, while no replica can be reached or none is known yet, has the shape of our errors;
- no line is sent for each call to a syslog that nobody reads.

No import of ours: it runs at each change of a replica and should take no time.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

PEER = "x-nightdesk-peer"
HEAD_S = 20
_STATISTICS = re.compile(r"^(?:frontend prometheus|listen stats)\n(?:[ \t]+.*\n|\n)*", re.MULTILINE)
_FRONTEND = re.compile(r"^frontend http_frontend\n\s*bind .*\n", re.MULTILINE)
_BIND = re.compile(r"^\s*bind ", re.MULTILINE)
_ERROR_FILES = re.compile(r"^\s*errorfile \d+ .*\n", re.MULTILINE)
_DEFAULTS = re.compile(r"^defaults\n", re.MULTILINE)
_NO_ROUTE = re.compile(r"(?<=^backend default_backend\n)\s*http-request return status 404 .*\n", re.MULTILINE)
_LOGS = re.compile(r"^\s*(?:log global|log \S+ local0 info|option httplog|option log-health-checks)\n", re.MULTILINE)
_RULES = f"""\
    http-request set-header {PEER} %[src]
    http-after-response set-status 503 if {{ status 502 504 }}
"""
_AWAY = "The service can't answer now. Please try again; with the same Idempotency-Key nothing happens twice."
_BODY = f'{{"error":"UNAVAILABLE","message":"{_AWAY}","request_id":"%[unique-id]"}}'
_HEAD = "hdr Retry-After 2 hdr Cache-Control no-store hdr X-Request-ID %[unique-id]"


def changed(configuration: str) -> str:
    """Return Ray's configuration with our changes. Raises ValueError when it is not the one that they are made for."""
    found = _behind(_FRONTEND, _RULES, configuration)
    found = _behind(_DEFAULTS, _for_all(), found)
    found = _replaced(_NO_ROUTE, lambda _none: f"    http-request return {_answer(503)}\n", found)
    found = _STATISTICS.sub("", _LOGS.sub("", _ERROR_FILES.sub("", found)))
    if len(_BIND.findall(found)) != 1:
        raise ValueError("Ray's HAProxy listens where it is not known here to listen")
    return found


def _for_all() -> str:
    """The lines for all calls: the time of a head; while no replica answers, our shape of it, as 503 by `_RULES`.

    What is no HTTP gets HAProxy's own 400.
    """
    answers = (f"http-error {_answer(status)}" for status in (502, 503, 504))
    lines = (f"timeout http-request {HEAD_S}s", "unique-id-format %[uuid]", *answers)
    return "".join(f"    {line}\n" for line in lines)


def _answer(status: int) -> str:
    body = _BODY.replace('"', '\\"')
    return f'status {status} content-type application/json lf-string "{body}" {_HEAD}'


def _behind(place: re.Pattern[str], lines: str, text: str) -> str:
    return _replaced(place, lambda found: found[0] + lines, text)


def _replaced(place: re.Pattern[str], by: Callable[[re.Match[str]], str], text: str) -> str:
    done, number = place.subn(by, text)
    if number != 1:
        raise ValueError(f"Ray's configuration of HAProxy has {number} places for {place.pattern!r}")
    return done


def main(arguments: list[str]) -> None:
    """Change the configuration, where it is new, and go on as HAProxy in this process, whose id Ray knows."""
    binary, options = arguments[0], arguments[1:]
    file = Path(options[options.index("-f") + 1])
    text = file.read_text()
    if PEER not in text:
        file.write_text(changed(text))
    os.execv(binary, [binary, *options])  # noqa: S606 - Ray's own command


if __name__ == "__main__":
    main(sys.argv[1:])
