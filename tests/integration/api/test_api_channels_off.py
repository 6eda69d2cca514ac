"""A channel that is off, by ENABLED_CHANNELS or in `channel_configs`, takes nothing in, and health says why."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from serve_app.settings.channels import GmailArgs, TwilioArgs
from tests.integration.api.serving import FORM, Served

GMAIL = GmailArgs(
    client_id="c", client_secret=SecretStr("s"), refresh_token=SecretStr("r"), user="support@techcorp.com"
)
TWILIO = TwilioArgs(account_sid="AC" + "5" * 32, auth_token=SecretStr("t"), number="+14155238886")
COMPONENTS = {"web_form": "web_form", "email": "gmail", "whatsapp": "whatsapp"}


async def switch_off(api: Served, channel: str) -> None:
    await api.pool.execute("UPDATE channel_configs SET enabled = false WHERE channel = $1", channel)


async def component(api: Served, channel: str) -> dict[str, str]:
    found: dict[str, str] = (await api.client.get("/health")).json()["components"][COMPONENTS[channel]]
    return found


@pytest.mark.parametrize("by_row", [True, False])
async def test_a_web_form_that_is_off_takes_no_form_and_no_reply(serve: Any, by_row: bool) -> None:
    async with serve() as api:
        ticket = await api.submit()
        if by_row:
            await switch_off(api, "web_form")
    async with serve(**{} if by_row else {"enabled_channels": ("email", "whatsapp")}) as api:
        url, token = f"/api/v1/tickets/{ticket['ticket_id']}", {"token": ticket["status_token"]}
        form = await api.client.post("/api/v1/support/form", json=FORM)
        reply = await api.client.post(f"{url}/messages", params=token, json={"message": "And now?"})
        for answer in (form, reply):
            assert (answer.status_code, answer.json()["error"]) == (403, "CHANNEL_OFF")
            assert ("channel_configs" if by_row else "ENABLED_CHANNELS") in answer.json()["message"]
        assert (await api.client.get(url, params=token)).status_code == 200
        assert await api.pool.fetchval("SELECT count(*) FROM messages") == 1


@pytest.mark.parametrize("channel", COMPONENTS)
async def test_h6_health_shows_a_channel_that_is_off_with_the_reason(serve: Any, channel: str) -> None:
    async with serve(gmail=GMAIL, twilio=TWILIO) as api:
        assert (await component(api, channel))["status"] != "off"
        await switch_off(api, channel)
    async with serve(gmail=GMAIL, twilio=TWILIO) as api:
        off = await component(api, channel)
        assert (off["status"], "channel_configs" in off["detail"]) == ("off", True)
    others = tuple(set(COMPONENTS) - {channel})
    async with serve(gmail=GMAIL, twilio=TWILIO, enabled_channels=others) as api:
        off = await component(api, channel)
        assert (off["status"], "ENABLED_CHANNELS" in off["detail"]) == ("off", True)


@pytest.mark.parametrize("channel", COMPONENTS)
async def test_h6_a_channel_whose_row_somebody_deleted_is_degraded(serve: Any, channel: str) -> None:
    async with serve(gmail=GMAIL, twilio=TWILIO) as api:
        await api.pool.execute("DELETE FROM channel_configs WHERE channel = $1", channel)
        found = await component(api, channel)
        assert (found["status"], "channel_configs has no row" in found["detail"]) == ("degraded", True)
