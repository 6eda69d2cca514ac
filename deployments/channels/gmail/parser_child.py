"""`python -m deployments.channels.gmail.parser_child`: parses mails until its input ends, within bounds of its own.

A mail that takes too much memory is answered so; one that takes too long ends the process, by the alarm of the system:
neither a thread nor a pattern that runs could be stopped otherwise.
"""

from __future__ import annotations

import math
import pickle
import resource
import signal
import sys
from base64 import b64encode
from typing import IO

from deployments.channels.gmail.parser_protocol import ANSWER, LENGTH, ParseAnswer, ParseRequest, framed
from ingest.events import InvalidMessageError
from ingest.mail.message import parse
from ingest.mail.parts.mime import file_of


def answer(request: ParseRequest) -> bytes:
    """Parse one mail and return the answer as JSON."""
    # Behind the reader's own limit: it counts when the reader is dead.
    signal.alarm(math.ceil(2 * request.limit_s))
    resource.setrlimit(resource.RLIMIT_AS, (request.limit_bytes, resource.RLIM_INFINITY))
    try:
        return ANSWER.dump_json(_parsed(request))
    except InvalidMessageError as error:
        return ANSWER.dump_json(ParseAnswer(outcome="invalid", cause=str(error)))
    except MemoryError:
        return ANSWER.dump_json(ParseAnswer(outcome="too_large"))
    except Exception as error:
        return ANSWER.dump_json(ParseAnswer(outcome="failed", cause=type(error).__name__))
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _parsed(request: ParseRequest) -> ParseAnswer:
    if request.file is None:
        return ParseAnswer(outcome="parsed", mail=parse(request.raw, **request.fields))
    content = file_of(request.raw, request.file)
    return ParseAnswer(outcome="parsed", file=None if content is None else b64encode(content).decode())


def main(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    _write(sink, ANSWER.dump_json(ParseAnswer(outcome="ready")))
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        # Only the reader, which starts this process, writes here.
        _write(sink, answer(pickle.loads(source.read(*LENGTH.unpack(head)))))  # noqa: S301


def _write(sink: IO[bytes], message: bytes) -> None:
    sink.write(framed(message))
    sink.flush()


if __name__ == "__main__":
    answers, sys.stdout = sys.stdout, sys.stderr
    main(sys.stdin.buffer, answers.buffer)
