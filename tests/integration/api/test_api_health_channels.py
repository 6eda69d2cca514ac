"""S6: /health names the stand-ins of the providers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from pydantic import SecretStr

from serve_app.settings.channels import GmailArgs, TwilioArgs
from tests.integration.api.serving import Served

PAGE = "http://127.0.0.1:20001"
GMAIL = GmailArgs(
    client_id="c", client_secret=SecretStr("s"), refresh_token=SecretStr("r"), user="support@techcorp.com",
    api_base_url="http://127.0.0.1:20002",
)  # fmt: skip
TWILIO = TwilioArgs(
    account_sid="AC" + "5" * 32, auth_token=SecretStr("t"), number="+14155238886", api_base_url="http://127.0.0.1:20003"
)
Serve = Callable[..., AbstractAsyncContextManager[Served]]


async def _details(api: Served) -> dict[str, str]:
    for node in ("email", "whatsapp", "delivery", "reporting"):
        await api.pool.execute("INSERT INTO node_status VALUES ($1, 'r1', 'healthy', 'it works', now())", node)
    components = (await api.client.get("/health")).json()["components"]
    assert {components[name]["status"] for name in ("gmail", "whatsapp")} == {"healthy"}
    return {name: components[name]["detail"] for name in ("gmail", "whatsapp")}


async def test_s6_health_names_the_stand_ins_and_their_page(serve: Serve) -> None:
    async with serve(gmail=GMAIL, twilio=TWILIO, demo_channels_url=PAGE) as api:
        assert await _details(api) == {
            "gmail": f"it works (a stand-in for Gmail: write to it at {PAGE})",
            "whatsapp": f"it works (a stand-in for Twilio: write to it at {PAGE})",
        }


async def test_s6_health_names_a_replaced_provider_host(serve: Serve) -> None:
    async with serve(gmail=GMAIL, twilio=TWILIO.model_copy(update={"api_base_url": None})) as api:
        assert await _details(api) == {"gmail": "it works (at http://127.0.0.1:20002)", "whatsapp": "it works"}
