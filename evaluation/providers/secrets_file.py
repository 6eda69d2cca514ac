"""Secrets that the product and the stand-ins share, kept in a file across restarts."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from evaluation.providers.gmail.options import GmailOptions
from evaluation.providers.twilio.options import TwilioOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Secrets that the product and the stand-ins share; fixed by default."""

    client_secret: str = GmailOptions().client_secret
    refresh_token: str = GmailOptions().refresh_token
    auth_token: str = TwilioOptions().auth_token


def kept_secrets(path: Path) -> Secrets:
    """Return the random secrets in `path`, created by the first call with mode 0600."""
    if not path.exists():
        write_for_owner(path, json.dumps({name: secrets.token_hex(16) for name in Secrets.__slots__}))
    return Secrets(**json.loads(path.read_text(encoding="utf-8")))


def write_for_owner(path: Path, text: str) -> None:
    """Write `text` into `path` atomically, with mode 0600."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
