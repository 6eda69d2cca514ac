"""K3: a sender that dies at any point loses no part of a reply and sends none twice."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from db.outbound import outbox
from db.pool import acquire
from tests.fixtures.whatsapp_channel import Line
from tests.integration.whatsapp.test_whatsapp_sender import bodies, store_staff_reply

ROOT = Path(__file__).parents[3]
POINTS = [
    "delivery:claimed",
    "whatsapp:begun",
    "whatsapp:accepted",
    "whatsapp:stored",
    "delivery:sent",
    "delivery:marked",
]


async def killed(line: Line, **task: object) -> None:
    """Run a delivery node until it kills itself."""
    order = {"dsn": line.args.database_url, "twilio": line.control.base_url, "url": line.url, **task}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.whatsapp.process", json.dumps(order), cwd=ROOT
    )
    try:
        async with asyncio.timeout(150):
            assert await process.wait() == -signal.SIGKILL
    finally:
        if process.returncode is None:
            process.kill()


@pytest.mark.parametrize("callbacks", [True, False])
@pytest.mark.parametrize("point", POINTS)
async def test_k3_killed_while_sending(line: Line, point: str, callbacks: bool) -> None:
    await line.answered("Hello")
    text = "".join(f"This is sentence number {n} of a long story. " for n in range(120))
    await store_staff_reply(line, text)
    await store_staff_reply(line, "And one more thing.")
    if not callbacks:
        line.control.fault("status_callback", "drop", times=None)
    await killed(line, die_at=point, nth=3 if point.startswith("whatsapp") else 2)
    await line.store.execute("UPDATE outbox SET lease_until = now() WHERE state = 'sending'")
    async with acquire(line.store.pool) as connection:
        await outbox.expire_leases(connection)
    await line.deliver(look_up_s=0.5)
    await line.all_in("sent")
    pieces = bodies(line)
    assert len(pieces) == len(set(pieces)) == 6
    assert "".join("".join(pieces[1:5]).split()) == "".join(text.split())
    assert (pieces[0], pieces[5]) == ("About: Hello", "And one more thing.")
    assert await line.store.violations(within_s=60) == {}
