"""`python -m evaluation.providers` in a process of its own: both stand-ins, the console, one journal file."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from evaluation.providers.control_client import ControlClient
from evaluation.providers.journal import read_journal
from tests.fixtures.provider_clients import HostRewriter, Receiver
from tests.integration.fakes.mails import body, outgoing

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The running process, as its first line describes it."""

    urls: dict[str, str]
    settings: dict[str, str]
    journal: Path
    secrets: Path
    console: httpx.Client


@pytest.fixture
def demo(tmp_path: Path, receiver: Receiver) -> Iterator[Demo]:
    data, kept = tmp_path / "journal.jsonl", tmp_path / "secrets.json"
    urls = ["--push-url", f"{receiver.url}/webhooks/gmail", "--webhook-url", f"{receiver.url}/webhooks/whatsapp"]
    command = [sys.executable, "-m", "evaluation.providers", *urls, "--data", str(data), "--secrets", str(kept)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        settings = first.pop("settings")
        with httpx.Client(base_url=first["console"], timeout=60) as console:
            yield Demo(urls=first, settings=settings, journal=data, secrets=kept, console=console)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def gmail_of(demo: Demo) -> Any:
    credentials = Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=demo.settings["GMAIL_REFRESH_TOKEN"],
        client_id=demo.settings["GMAIL_CLIENT_ID"],
        client_secret=demo.settings["GMAIL_CLIENT_SECRET"],
        token_uri=demo.settings["GOOGLE_TOKEN_URL"],
    )
    endpoint = {"api_endpoint": demo.settings["GMAIL_API_BASE_URL"]}
    return build("gmail", "v1", credentials=credentials, client_options=endpoint, static_discovery=True).users()


def twilio_of(demo: Demo) -> Client:
    rewriter = HostRewriter(demo.settings["TWILIO_API_BASE_URL"])
    return Client(demo.settings["TWILIO_ACCOUNT_SID"], demo.settings["TWILIO_AUTH_TOKEN"], http_client=rewriter)


def test_s6_a_customer_writes_on_the_page_and_sees_what_is_sent(demo: Demo, receiver: Receiver) -> None:
    mail = {"sender": "eve@example.com", "name": "Eve", "subject": "Login", "text": "How?"}
    incoming = demo.console.post("/api/mail", json=mail).json()
    demo.console.post("/api/whatsapp", json={"number": "+491701234567", "body": "hi"}).raise_for_status()

    gmail, twilio = gmail_of(demo), twilio_of(demo)
    found = gmail.messages().get(userId="me", id=incoming["id"], format="metadata").execute()
    rfc_id = next(one["value"] for one in found["payload"]["headers"] if one["name"] == "Message-ID")
    raw = outgoing(text="Click it.", In_Reply_To=rfc_id, References=rfc_id)
    gmail.messages().send(userId="me", body=body(raw, found["threadId"])).execute()
    sender = f"whatsapp:{demo.settings['TWILIO_WHATSAPP_NUMBER']}"
    twilio.messages.create(from_=sender, to="whatsapp:+491701234567", body="hello")

    listed = demo.console.get("/api/journal").json()
    sent = {entry["kind"]: entry for entry in listed if entry["kind"] in ("mail_sent", "whatsapp_accepted")}
    assert sent["mail_sent"]["thread"] == found["threadId"]
    assert sent["whatsapp_accepted"]["body"] == "hello"
    answer = demo.console.post(
        "/api/mail", json={**mail, "subject": "Re: Login", "reply_to": sent["mail_sent"]["message_id"]}
    )
    thread = gmail.threads().get(userId="me", id=found["threadId"], format="minimal").execute()
    assert thread["messages"][-1]["id"] == answer.json()["id"]
    with ControlClient(demo.urls["twilio"]) as control:
        assert control.wait_for(1, kind="webhook")[0].details["status"] == 200
    assert receiver.forms()[0]["Body"] == "hi"


def test_the_file_holds_what_the_journal_shows(demo: Demo) -> None:
    for n in range(3):
        demo.console.post("/api/whatsapp", json={"number": "+491701234567", "body": f"hi {n} ü"}).raise_for_status()
    shown = demo.console.get("/api/journal").json()
    with demo.journal.open(encoding="utf-8") as lines:
        written = [entry.as_json() for entry in read_journal(lines)]
    assert json.loads(json.dumps(written))[: len(shown)] == shown


def test_the_secrets_are_random_and_the_owners_only(demo: Demo) -> None:
    assert stat.S_IMODE(demo.secrets.stat().st_mode) == 0o600
    assert demo.settings["TWILIO_AUTH_TOKEN"] == json.loads(demo.secrets.read_text())["auth_token"]
    assert demo.settings["TWILIO_AUTH_TOKEN"] != "stand-in-auth-token"


def test_the_page_allows_no_foreign_script_and_no_foreign_page(demo: Demo) -> None:
    page = demo.console.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page.text
    assert " style=" not in page.text
    assert " onclick" not in page.text
    for path in ("/console.js", "/console.css"):
        assert demo.console.get(path).status_code == 200
    mail = json.dumps({"sender": "eve@example.com", "subject": "x", "text": "y"})
    assert demo.console.post("/api/mail", content=mail, headers={"Content-Type": "text/plain"}).status_code == 415
    assert demo.console.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert demo.console.get("/", headers={"Host": "evil.example"}).headers["x-content-type-options"] == "nosniff"


def test_a_message_that_cannot_be_sent_is_400_with_the_reason(demo: Demo) -> None:
    assert demo.console.post("/api/whatsapp", json={"number": "0170", "body": "hi"}).status_code == 400
    broken = {"sender": "eve@example.com", "subject": "a\r\nBcc: x@example.com", "text": "y"}
    answer = demo.console.post("/api/mail", json=broken)
    assert answer.status_code == 400
    assert "cannot be sent" in answer.json()["error"]
    assert demo.console.get("/api/journal").json() == []
