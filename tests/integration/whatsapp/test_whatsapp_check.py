"""`nightdesk channels check`: what is missing, what Twilio refuses, and that nothing is sent."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

from pydantic import SecretStr

from evaluation.providers.control_client import ControlClient
from evaluation.providers.twilio import TwilioOptions
from evaluation.providers.twilio.settings import twilio_settings
from serve_app.cli.channels.checks import Finding, check_twilio, off
from tests.fixtures.whatsapp_channel import twilio_args

URL = "https://support.example.com"
NIGHTDESK = Path(sys.executable).with_name("nightdesk")


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.state for finding in findings}


def test_a_complete_account_passes_and_nothing_is_sent(control: ControlClient) -> None:
    findings = check_twilio(twilio_args(control), public_base_url=URL)
    assert states(findings) == {"credentials": "ok", "webhook": "note"}
    assert f"{URL}/webhooks/whatsapp" in findings[1].detail
    assert control.journal() == []


def test_refused_credentials_are_named_and_not_shown(control: ControlClient) -> None:
    (found, _) = check_twilio(twilio_args(control, auth_token=SecretStr("wrong-secret")), public_base_url=URL)
    assert found.state == "failed"
    assert "TWILIO_AUTH_TOKEN" in found.detail
    assert "wrong-secret" not in found.detail


def test_an_unreachable_provider_is_distinguished_from_wrong_credentials(
    control: ControlClient, listener: socket.socket
) -> None:
    nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"
    (found, _) = check_twilio(twilio_args(control, api_base_url=nobody), public_base_url=URL)
    assert found.state == "failed"
    assert "can't be reached" in found.detail


def test_what_is_missing_is_named(control: ControlClient) -> None:
    args = twilio_args(control, template_sid=None)
    assert states(check_twilio(args, public_base_url=None)) == {
        "credentials": "ok",
        "webhook": "failed",
        "template": "note",
    }
    missing = off("whatsapp", twilio_args(control, number=None).missing, enabled=True)
    assert missing is not None
    assert missing.detail == "not set: TWILIO_WHATSAPP_NUMBER"


def test_the_command_exits_by_what_it_finds(control: ControlClient, tmp_path: Path) -> None:
    settings = twilio_settings(TwilioOptions(), control.base_url)

    def run(**changes: str) -> subprocess.CompletedProcess[str]:
        environment = {"PUBLIC_BASE_URL": URL, "PATH": "/usr/bin:/bin", **settings, **changes}
        return subprocess.run(
            [str(NIGHTDESK), "channels", "check", "--json"],
            capture_output=True, text=True, timeout=240, check=False, env=environment, cwd=tmp_path,
        )  # fmt: skip

    good = run()
    assert good.returncode == 0, good.stderr
    assert {row["check"]: row["state"] for row in json.loads(good.stdout) if row["channel"] == "whatsapp"} == {
        "credentials": "ok",
        "webhook": "note",
    }
    assert run(TWILIO_AUTH_TOKEN="wrong").returncode == 1
    wrong = run(TWILIO_ACCOUNT_SID="AC12")
    assert (wrong.returncode, wrong.stderr.startswith("error: TWILIO_ACCOUNT_SID: ")) == (1, True)
