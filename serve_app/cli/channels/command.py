"""`nightdesk channels`: check the credentials of the channels."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from serve_app.cli.options import JsonOption
from serve_app.settings.app_args import gmail_args, twilio_args
from serve_app.settings.company_documents import company_of
from serve_app.settings.settings import Settings, load_settings

if TYPE_CHECKING:
    from serve_app.cli.channels.checks import Finding

app = typer.Typer(help="The channels' credentials.", no_args_is_help=True)


@app.callback()
def _channels() -> None:
    """Make typer keep `check` a subcommand, as it would not with a single command."""


@app.command()
def check(as_json: JsonOption = False) -> None:
    """Try the credentials that are set, by calling the providers; nothing is sent to anybody.

    Exits 1 when a channel that is on does not work. One that is off says which variables it lacks.
    """
    findings = _findings(load_settings())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{finding.channel:<10} {finding.check:<13} {finding.state:<7} {finding.detail}")
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


def _findings(settings: Settings) -> list[Finding]:
    from serve_app.cli.channels.checks import Finding, check_gmail, check_twilio, off

    gmail, twilio = gmail_args(settings, company_of(settings)), twilio_args(settings)
    enabled = settings.enabled_channels
    without_mail = off("email", gmail.missing, enabled="email" in enabled)
    without_whatsapp = off("whatsapp", twilio.missing, enabled="whatsapp" in enabled)
    form = off("web_form", (), enabled="web_form" in enabled)
    return [
        *([without_mail] if without_mail else check_gmail(gmail)),
        *([without_whatsapp] if without_whatsapp else check_twilio(twilio, public_base_url=settings.public_base_url)),
        form or Finding(channel="web_form", check="settings", state="ok", detail="needs no credentials"),
    ]
