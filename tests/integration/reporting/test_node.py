"""The reporting node's periodic tasks: a failing one shows in health and is retried, the others go on."""

from __future__ import annotations

from db.pool import create_pool
from deployments.reporting.node import ReportingNode
from deployments.reporting.periodic_tasks import PeriodicTask
from serve_app.settings.app_args import KafkaArgs
from tests.fixtures.waiting import eventually


async def test_a_failing_periodic_task_shows_in_health_until_it_works_again(database_url: str) -> None:
    done: list[str] = []

    async def fails() -> None:
        done.append("fails")
        if len(done) < 6:
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
                name="hand-overs", every_s=0.05, work=works, problem=lambda: "late hand-overs: TKT-0001 (high)"
            ),
        ],
    )

    async def says_both() -> bool:
        return node.status() == ("degraded", "late hand-overs: TKT-0001 (high); notifier fails: ValueError")

    async def says_one() -> bool:
        return len(done) > 6 and node.status()[1] == "late hand-overs: TKT-0001 (high)"

    try:
        await eventually(says_both, within_s=10)
        await node.check_health()
        await eventually(says_one, within_s=10)
    finally:
        await node.close()
