"""Parses mails in a process of its own, which is killed when a mail takes longer than it may."""

from __future__ import annotations

import asyncio
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from base64 import b64decode
from dataclasses import replace
from typing import Any

from deployments.channels.gmail.parser_protocol import ANSWER, LENGTH, ParseAnswer, ParseRequest, framed
from ingest.events import InvalidMessageError
from ingest.mail.message import ParsedMail

PARSE_WITHIN_S = 10.0
"""Ordinary mails take milliseconds, the largest that Gmail carries about a second."""
PARSE_BYTES = 1 << 30
"""Of address space; Gmail's largest mail (50 MB) takes a third of it."""
START_WITHIN_S = 30.0
_BOOT = (
    "import runpy, sys; sys.path[:] = sys.argv[1:]; "
    "runpy.run_module('deployments.channels.gmail.parser_child', run_name='__main__')"
)


class MailTooCostlyError(Exception):
    """A mail took more time or memory than it may: it is filed with its headers, and a person reads it."""


class ParserFailedError(Exception):
    """The parser met something that its code does not expect, or could not be started: a fault of ours."""


class MailParser:
    """Parses one mail after the other. The process is started with the first of them, and anew after one was killed."""

    def __init__(self, *, within_s: float = PARSE_WITHIN_S, within_bytes: int = PARSE_BYTES) -> None:
        self._within_s, self._within_bytes = within_s, within_bytes
        self._process: Process | None = None
        self._one_at_a_time = asyncio.Lock()

    async def parse(self, raw: bytes, **fields: Any) -> ParsedMail:
        """As ingest.mail.message.parse. Raises MailTooCostlyError and ParserFailedError too."""
        answer = await self._answer(self._request(raw, fields))
        if answer.mail is None:
            raise ParserFailedError(answer.cause)
        return answer.mail

    async def file(self, raw: bytes, n: int) -> bytes | None:
        """As ingest.mail.parts.mime.file_of. Raises MailTooCostlyError and ParserFailedError too."""
        answer = await self._answer(replace(self._request(raw, {}), file=n))
        return None if answer.file is None else b64decode(answer.file)

    async def close(self) -> None:
        """Kill the process."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    def _request(self, raw: bytes, fields: dict[str, Any]) -> ParseRequest:
        return ParseRequest(raw=raw, fields=fields, limit_s=self._within_s, limit_bytes=self._within_bytes)

    async def _answer(self, request: ParseRequest) -> ParseAnswer:
        async with self._one_at_a_time:
            try:
                answer = await self._ask(request)
            except BaseException:
                # Whatever it still says belongs to this mail.
                await self.close()
                raise
        if answer.outcome == "invalid":
            raise InvalidMessageError(answer.cause)
        if answer.outcome == "too_large":
            raise MailTooCostlyError("more memory than a mail may take")
        if answer.outcome == "failed":
            raise ParserFailedError(answer.cause)
        return answer

    async def _ask(self, request: ParseRequest) -> ParseAnswer:
        process = self._process or await self._start()
        assert process.stdin is not None
        try:
            async with asyncio.timeout(self._within_s):
                process.stdin.write(framed(pickle.dumps(request)))
                await process.stdin.drain()
                return await _read_answer(process)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            raise MailTooCostlyError(f"not parsed within {self._within_s:.0f} s: {type(error).__name__}") from error

    async def _start(self) -> Process:
        # An environment of its own: what reads strangers' mails needs none of our secrets.
        command = (sys.executable, "-c", _BOOT, *sys.path)
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env={})
        try:
            async with asyncio.timeout(START_WITHIN_S):
                await _read_answer(self._process)
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            raise ParserFailedError("the parser process does not start") from error
        return self._process


async def _read_answer(process: Process) -> ParseAnswer:
    assert process.stdout is not None
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    return ANSWER.validate_json(await process.stdout.readexactly(length))
