"""The stand-ins for Gmail and Twilio, mail and WhatsApp without accounts (`nightdesk up --demo-channels`): one part."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from serve_app.embedded.base import ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.environment import stand_ins_environment
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.processes import POLL_SECONDS, PartProcess
from serve_app.settings.channels import WEBHOOK_RETRIES
from serve_app.settings.settings import Settings

START_SECONDS = 60.0
MODULE = "evaluation.providers"
REPLACED = ("gmail_", "google_", "twilio_", "whatsapp_template_sid", "demo_channels_url")
"""Settings of real accounts that the stand-ins replace, or the prefixes of their names."""


class DemoChannels:
    """One `python -m evaluation.providers`: Gmail with Pub/Sub, Twilio, and a page to write on as a customer.

    Ports, secrets and the journal are kept in the data directory, so that a restart changes nothing for the graph. They
    post to the product at `product_url`, and their mailbox is `support_address`. Every method may be called again.
    """

    name = "channels"

    def __init__(self, data_dir: DataDir, *, product_url: str, support_address: str) -> None:
        self._data_dir = data_dir
        self._product_url = product_url
        self._support_address = support_address
        self._process = PartProcess(self.name, record_path=data_dir.record(self.name), log=data_dir.log(self.name))
        self._settings: dict[str, str] = {}
        self.port = 0

    @property
    def pid(self) -> int | None:
        """The id of the process while it lives."""
        return self._process.pid

    @property
    def url(self) -> str:
        """The page's address; empty before the first start."""
        return f"http://{ports.LOOPBACK}:{self.port}" if self.port else ""

    @property
    def settings(self) -> Mapping[str, str]:
        """The product's settings, by variable, that connect it with the stand-ins. Valid after the first `start`."""
        return {**self._settings, "DEMO_CHANNELS_URL": self.url, "PUBLIC_BASE_URL": self._product_url}

    def start(self) -> None:
        """Start the stand-ins and wait until all of them answer. Raises StartError, which names the log."""
        self.stop()
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._ready_file.unlink(missing_ok=True)
        self.port = self.port or self._data_dir.port(self.name)
        self._process.spawn(self._command(), env=stand_ins_environment(), cwd=self._directory)
        self._wait_until_ready()
        self._settings = json.loads(self._ready_file.read_text())["settings"]

    def stop(self, *, grace: float = 3.0) -> bool:
        """End the stand-ins. True when they ran."""
        return self._process.stop(grace=grace)

    def retire(self) -> None:
        """Forbid every further start, also one that has begun in another thread."""
        self._process.retire()

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    @property
    def _directory(self) -> Path:
        return self._data_dir.path / self.name

    @property
    def _ready_file(self) -> Path:
        """They create it once they answer; it contains the settings, which are too secret for the log."""
        return self._data_dir.run / "channels.ready"

    def _command(self) -> list[str]:
        options = {
            "gmail-port": self._data_dir.port("channels_gmail"),
            "twilio-port": self._data_dir.port("channels_twilio"),
            "console-port": self.port,
            "gmail-user": self._support_address,
            "push-url": f"{self._product_url}/webhooks/gmail",
            "push-seconds": 0,  # without Gmail's delays, so that a demo need not wait for the poll
            "webhook-url": f"{self._product_url}/webhooks/whatsapp{WEBHOOK_RETRIES}",
            "form-url": f"{self._product_url}/",
            "data": self._directory / "journal.jsonl",
            "secrets": self._data_dir.path / "secrets" / "channels.json",
            "ready-file": self._ready_file,
        }
        return [sys.executable, "-m", MODULE, *(f"--{name}={value}" for name, value in options.items())]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._ready_file.exists():
            if not self._process.is_alive():
                raise StartError(f"the demo channels ended while starting: see {self._process.log}")
            if time.monotonic() > deadline:
                raise StartError(f"the demo channels are not up after {START_SECONDS:.0f} s: see {self._process.log}")
            time.sleep(POLL_SECONDS)


def refuse_beside_accounts(settings: Settings) -> None:
    """Raise StartError when settings of real accounts are set that the stand-ins would replace."""
    found = sorted(name.upper() for name in settings.model_fields_set if name.startswith(REPLACED))
    if found:
        raise StartError(
            f"--demo-channels replaces real accounts, but {', '.join(found)} {'is' if len(found) == 1 else 'are'} set: "
            "unset what is real, or leave the option out."
        )
