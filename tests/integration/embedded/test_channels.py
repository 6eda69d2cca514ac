"""S6: the stand-ins as a part. After a kill they have the same addresses, accounts and threads."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]

from evaluation.client import ProductUnreachableError
from evaluation.demo.console_client import ConsoleClient
from serve_app.embedded.base import ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.parts.demo_channels import DemoChannels
from serve_app.embedded.supervision.orphans import stop_leftovers
from tests.integration.fakes.mails import body, outgoing


@pytest.fixture
def data_dir() -> Iterator[DataDir]:
    path = Path(tempfile.mkdtemp(prefix="nd-channels-"))
    directory = DataDir(path)
    directory.prepare()
    yield directory
    DemoChannels(directory, product_url="", support_address="help@acme.example").stop(grace=0)
    shutil.rmtree(path)


@pytest.fixture
def channels(data_dir: DataDir) -> DemoChannels:
    """The running part, without a product at its address."""
    url = f"http://127.0.0.1:{ports.pick_free()}"
    part = DemoChannels(data_dir, product_url=url, support_address="help@acme.example")
    part.start()
    return part


def _gmail(settings: Any) -> Any:
    credentials = Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=settings["GMAIL_REFRESH_TOKEN"],
        client_id=settings["GMAIL_CLIENT_ID"],
        client_secret=settings["GMAIL_CLIENT_SECRET"],
        token_uri=settings["GOOGLE_TOKEN_URL"],
    )
    endpoint = {"api_endpoint": settings["GMAIL_API_BASE_URL"]}
    return build("gmail", "v1", credentials=credentials, client_options=endpoint, static_discovery=True).users()


def _whatsapp(settings: Any, to: str, text: str) -> httpx.Response:
    sid, token = settings["TWILIO_ACCOUNT_SID"], settings["TWILIO_AUTH_TOKEN"]
    return httpx.post(
        f"{settings['TWILIO_API_BASE_URL']}/2010-04-01/Accounts/{sid}/Messages.json",
        auth=(sid, token),
        data={"From": f"whatsapp:{settings['TWILIO_WHATSAPP_NUMBER']}", "To": f"whatsapp:{to}", "Body": text},
        timeout=60,
        trust_env=False,
    )


async def test_s6_the_stand_ins_keep_their_state_over_kill_9(channels: DemoChannels, data_dir: DataDir) -> None:
    settings, number = dict(channels.settings), "+12025550143"
    async with ConsoleClient(channels.url) as customer:
        gmail = _gmail(settings)
        gmail.watch(userId="me", body={"topicName": settings["GMAIL_PUBSUB_TOPIC"], "labelIds": []}).execute()
        mail = await customer.write_mail(sender="zoe@example.com", name="Zoë", subject="Grüße", text="Hi")
        await customer.write_whatsapp(number=number, name="Zoë", text="hi 👋")
        # The last change leaves no line in the journal, and whoever read the mailbox knows its number.
        gmail.messages().modify(userId="me", id=mail, body={"removeLabelIds": ["UNREAD"]}).execute()
        cursor = gmail.getProfile(userId="me").execute()["historyId"]
        assert channels.pid is not None
        os.kill(channels.pid, signal.SIGKILL)
        _cut_the_last_line(data_dir)
        channels.start()

        assert channels.settings == settings
        assert (await customer.writers()) >= {"zoe@example.com", number}
        gmail = _gmail(settings)
        assert int(gmail.getProfile(userId="me").execute()["historyId"]) > int(cursor)
        kept = gmail.messages().get(userId="me", id=mail, format="full").execute()
        named = {one["name"]: one["value"] for one in kept["payload"]["headers"]}
        assert (named["Subject"], kept["snippet"], "dmarc=pass" in named["Authentication-Results"]) == (
            "Grüße", "Hi", True,
        )  # fmt: skip
        raw = outgoing(
            to="zoe@example.com", subject="Re: Grüße", text="Hello", In_Reply_To=named["Message-ID"],
        )  # fmt: skip
        sent = gmail.messages().send(userId="me", body=body(raw, kept["threadId"])).execute()
        assert sent["threadId"] == kept["threadId"]
        added = gmail.history().list(userId="me", startHistoryId=cursor).execute()["history"]
        assert [one["messages"][0]["id"] for one in added] == [sent["id"]]
        # The 24-hour window is still open: nothing is undelivered.
        assert _whatsapp(settings, number, "hello").json()["status"] == "queued"
        assert await customer.arrived(number) == ["hello"]


def _cut_the_last_line(data_dir: DataDir) -> None:
    """Truncate the last line of the journal, as a kill during a write does."""
    with (data_dir.path / "channels" / "journal.jsonl").open("a") as file:
        file.write('{"seq": 99, "kind": "whats')


async def test_s6_a_stopped_part_is_unreachable_and_its_files_are_private(
    channels: DemoChannels, data_dir: DataDir
) -> None:
    secrets = [value for name, value in channels.settings.items() if "SECRET" in name or "TOKEN" in name]
    for path in data_dir.path.rglob("*"):
        if path.is_file() and any(secret in path.read_text(errors="replace") for secret in secrets):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            assert path.parent.name in ("secrets", "run")
    assert stop_leftovers(data_dir, grace=2) == ["channels"]
    async with ConsoleClient(channels.url) as customer:
        with pytest.raises(ProductUnreachableError, match=rf"^the demo channels at {channels.url}: POST /api/mail: "):
            await customer.write_mail(sender="eve@example.com", name="", subject="x", text="y")


def test_s6_a_page_of_another_site_cannot_write(channels: DemoChannels) -> None:
    url = f"{channels.settings['GMAIL_API_BASE_URL']}/_control/mail"
    order = {"sender": "eve@example.com", "subject": "x", "text": "y"}
    foreign = httpx.post(url, json=order, headers={"Origin": "https://evil.example"}, timeout=60, trust_env=False)
    assert foreign.status_code == 403
    assert httpx.post(url, json=order, timeout=60, trust_env=False).status_code == 201
