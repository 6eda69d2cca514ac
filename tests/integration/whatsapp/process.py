"""A delivery node in a process of its own, which kills itself at a named point (SIGKILL: no clean-up).

`python -m tests.integration.whatsapp.process '{"dsn": …, "twilio": …, "url": …, "die_at": "whatsapp:accepted"}'`
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from db.pool import create_pool
from deployments.channels.whatsapp.sender import WhatsAppSender
from deployments.channels.whatsapp.twilio_client import Twilio
from deployments.delivery.node import DeliveryNode
from evaluation.providers.twilio import TwilioOptions
from tests.integration.pipeline.process import Failpoint


async def main(task: dict[str, Any]) -> None:
    options = TwilioOptions()
    account = Twilio(
        account_sid=options.account_sid,
        auth_token=options.auth_token,
        number=options.number,
        base_url=task["twilio"],
    )
    pool = await create_pool(task["dsn"], size=4)
    failpoint = Failpoint(task["die_at"], task.get("nth", 1))
    sender = WhatsAppSender(pool=pool, twilio=account, public_base_url=task["url"], failpoint=failpoint)
    DeliveryNode(pool=pool, senders=[sender], poll_s=0.05, failpoint=failpoint)
    await asyncio.sleep(240)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
