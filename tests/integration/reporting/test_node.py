"""The reporting node's periodic tasks: a failing one shows in health and is retried, the others go on."""

from __future__ import annotations

import asyncio

from db.pool import create_pool
from deployments.reporting.node import ReportingNode
from deployments.reporting.periodic_tasks import PeriodicTask
from serve_app.settings.app_args import KafkaArgs
from tests.fixtures.waiting import eventually


async def test_a_failing_periodic_task_shows_in_health_until_it_works_again(database_url: str) -> None:
    mended, done = asyncio.Event(), list[str]()

    async def fails() -> None:
        if not mended.is_set():
            raise ValueError("no good")

    async def works() -> None:
        done.append("works")

    node = ReportingNode(
        pool=await create_pool(database_url, size=3, min_size=0),
        kafka=KafkaArgs(bootstrap_servers="127.0.0.1:9"),
        group="nobody",
        tasks=[
            PeriodicTask(name="notifier", every_s=0.05, work=fails),
            PeriodicTask(
                name="hand-overs", every_s=0.05, work=works, alert=lambda: "overdue hand-overs: TKT-0001 (high)"
            ),
        ],
    )

    def fails_now() -> bool:
        return node.status() == ("degraded", "notifier fails: ValueError")

    def works_again() -> bool:
        return len(done) > went_on and node.status()[0] == "healthy"

    try:
        await eventually(fails_now, within_s=50)
        await node.check_health()
        went_on = len(done)
        await eventually(lambda: len(done) > went_on)
        mended.set()
        await eventually(works_again, within_s=50)
        facts = node.facts()
        assert (facts["lag"], facts["alerts"]) == (None, ["overdue hand-overs: TKT-0001 (high)"])
    finally:
        await node.close()
