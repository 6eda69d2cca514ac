"""`nightdesk channels check`: what is missing, what Google refuses, and that nothing is sent."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from evaluation.providers.control_client import ControlClient
from evaluation.providers.gmail import GmailOptions
from evaluation.providers.journal import Kind
from serve_app.cli.channels.checks import Finding, check_gmail, off
from serve_app.settings.channels import GmailArgs
from tests.integration.mail.test_mail_pushes import gmail_args


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.state for finding in findings}


def test_a_complete_account_passes_and_nothing_is_sent(control: ControlClient, gmail_options: GmailOptions) -> None:
    control.write_mail(sender="eve@example.com", subject="Login", text="How?")
    findings = check_gmail(gmail_args(gmail_options, control.base_url))
    assert states(findings) == dict.fromkeys(("credentials", "reading", "writing", "watch", "certificates"), "ok")
    assert control.journal(kind=Kind.MAIL_SENT) == []
    assert control.journal(kind=Kind.DRAFT_CREATED) == []


def test_a_revoked_token_is_named(control: ControlClient, gmail_options: GmailOptions) -> None:
    (found, _) = check_gmail(gmail_args(gmail_options, control.base_url, refresh_token=SecretStr("revoked")))
    assert found.state == "failed"
    assert "GMAIL_REFRESH_TOKEN" in found.detail
    assert "revoked" not in found.detail


def test_a_token_of_another_account_is_named(control: ControlClient, gmail_options: GmailOptions) -> None:
    (found, _) = check_gmail(gmail_args(gmail_options, control.base_url, user="other@example.com"))
    assert found.state == "failed"
    assert "GMAIL_USER" in found.detail


@pytest.mark.parametrize("gmail_options", [GmailOptions(scopes=("https://www.googleapis.com/auth/gmail.readonly",))])
def test_a_scope_that_can_not_send_is_named(control: ControlClient, gmail_options: GmailOptions) -> None:
    found = {one.check: one for one in check_gmail(gmail_args(gmail_options, control.base_url))}
    assert found["reading"].state == "ok"
    assert found["writing"].state == "failed"
    assert "gmail.modify" in found["writing"].detail


def test_a_wrong_topic_is_named(control: ControlClient, gmail_options: GmailOptions) -> None:
    found = states(check_gmail(gmail_args(gmail_options, control.base_url, topic="projects/x/topics/none")))
    assert found["watch"] == "failed"


def test_without_pubsub_it_says_that_the_mailbox_is_polled(control: ControlClient, gmail_options: GmailOptions) -> None:
    found = check_gmail(gmail_args(gmail_options, control.base_url, topic=None, service_account=None))
    assert states(found)["pushes"] == "note"


def test_what_is_missing_is_named() -> None:
    found = off("email", GmailArgs(client_id="x").missing, enabled=True)
    assert found is not None
    assert found.detail == "not set: GMAIL_CLIENT_SECRET, GMAIL_REFRESH_TOKEN, GMAIL_USER"
