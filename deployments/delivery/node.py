"""The delivery node: a lane a channel, their heartbeats, and the replies of channels that have no sender."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from db.ids import new_id
from db.operations.node_status import Status
from db.outbound import outbox
from db.outbound.channel_configs import ChannelConfigs
from db.pool import DatabaseUnavailableError, Pool, acquire
from db.records import Channel
from deployments.channels.sender import LEASE_S, CheckedSender, Sender
from deployments.channels.switches import ChannelSwitches
from deployments.delivery.channel_state import ChannelState
from deployments.delivery.dispatch import Dispatch
from deployments.delivery.lane import Lane, LaneTimes
from deployments.delivery.reconciler import LOOK_UP_S, MAX_UNANSWERED, Reconciler
from deployments.runtime.heartbeat import EVERY_S, Heartbeat, NodeDiedError
from ingest.bus.failpoints import Failpoint, no_failpoint

POLL_S = 0.5
"""The outbox is polled, so that replies are sent while the broker is down."""
UNSERVED_POLLS = 10
"""Every so many polls the replies of channels without a sender are parked."""
CHECK_S = 15.0
"""Between two checks of a channel's credentials."""

log = structlog.get_logger(__name__)


class DeliveryNode:
    """Must be created on the event loop that runs it. A reply is leased to one replica, however many run.

    Replies of a channel that `switches` has off stay as they are. Without `switches` the rows of `channel_configs`
    decide.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        senders: Iterable[Sender],
        switches: ChannelSwitches | None = None,
        poll_s: float = POLL_S,
        lease_s: float = LEASE_S,
        look_up_s: float = LOOK_UP_S,
        max_unanswered: int = MAX_UNANSWERED,
        check_s: float = CHECK_S,
        beat_every_s: float = EVERY_S,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool, self._poll_s, self._failpoint = pool, poll_s, failpoint
        self._switches = switches or ChannelSwitches(ChannelConfigs(pool))
        self._look_up_s, self._max_unanswered = look_up_s, max_unanswered
        self._times = LaneTimes(poll_s=poll_s, lease_s=lease_s, check_s=check_s)
        self._senders: dict[Channel, Sender] = {sender.channel: sender for sender in senders}
        self._lanes = [self._lane(sender) for sender in self._senders.values()]
        self._database_problem = ""
        self._heartbeats = self._create_heartbeats(str(new_id()), beat_every_s)
        for heartbeat in self._heartbeats:
            heartbeat.start()
        for lane in self._lanes:
            lane.start()
        self._unserved = asyncio.create_task(self._watch_unserved(), name="delivery-unserved")

    def status(self) -> tuple[Status, str]:
        """Return the node's status and detail for /health."""
        problems = [lane.database_problem for lane in self._lanes] + [self._database_problem]
        if problem := next(filter(None, problems), ""):
            return "degraded", problem
        return "healthy", f"{sum(len(lane.on_their_way) for lane in self._lanes)} on their way"

    async def check_health(self) -> None:
        """Raise NodeDiedError when one of its loops has ended."""
        for task in self._loops():
            if task.done() and not task.cancelled():
                raise NodeDiedError(repr(task.exception())) from task.exception()

    async def close(self, *, drain_s: float = 20.0) -> None:
        """Lease nothing more, wait up to `drain_s` seconds for sends in flight, close the pool."""
        for task in self._loops():
            task.cancel()
        await asyncio.gather(*self._loops(), return_exceptions=True)
        if running := {task for lane in self._lanes for task in lane.on_their_way}:
            await asyncio.wait(running, timeout=drain_s)
        for heartbeat in self._heartbeats:
            await heartbeat.stop()
        await self._pool.close()

    def _loops(self) -> list[asyncio.Task[None]]:
        return [self._unserved, *(task for lane in self._lanes for task in lane.loops)]

    def _lane(self, sender: Sender) -> Lane:
        state = ChannelState()
        dispatch = Dispatch(
            pool=self._pool, sender=sender, state=state, mail_is_open=self._mail_is_open, failpoint=self._failpoint
        )
        reconciler = Reconciler(
            pool=self._pool,
            sender=sender,
            state=state,
            record_sent=dispatch.record_sent,
            look_up_s=self._look_up_s,
            max_unanswered=self._max_unanswered,
        )
        return Lane(
            pool=self._pool,
            sender=sender,
            state=state,
            switches=self._switches,
            dispatch=dispatch,
            reconciler=reconciler,
            times=self._times,
            failpoint=self._failpoint,
        )

    async def _mail_is_open(self) -> bool:
        return "email" in self._senders and not await self._switches.why_off("email")

    def _create_heartbeats(self, replica: str, every_s: float) -> list[Heartbeat]:
        """Return one for the node and one for each channel with a provider, by which /health reports the channel."""
        statuses = {"delivery": self.status} | {
            lane.channel: lane.state.status
            for lane in self._lanes
            if isinstance(self._senders[lane.channel], CheckedSender)
        }
        return [
            Heartbeat(pool=self._pool, node=node, replica=replica, status=status, every_s=every_s)
            for node, status in statuses.items()
        ]

    async def _watch_unserved(self) -> None:
        while True:
            try:
                await self._park_unserved()
                self._database_problem = ""
            except DatabaseUnavailableError as error:
                self._database_problem = str(error)
            await asyncio.sleep(self._poll_s * UNSERVED_POLLS)

    async def _park_unserved(self) -> None:
        """Park replies of channels without a sender, unpark them once there is one; those of a channel off wait."""
        kept = [*self._senders, *await self._switches.reasons()]
        async with acquire(self._pool) as connection:
            if parked := await outbox.park_unserved(connection, kept):
                log.warning("replies_parked", rows=len(parked), reason="no sender for their channel")
            await outbox.unpark_served(connection, kept)
