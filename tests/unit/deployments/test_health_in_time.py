"""H6: what is broken shows within half a minute, and its repair too: the pauses on the way to /health add up to less.

A node's report adds a heartbeat to what it knows. How long it takes on a running product is printed by
tests/chaos/test_health.py.
"""

from __future__ import annotations

import pytest

from deployments.agent.models.settings import ModelSettings
from deployments.channels.gmail import mailbox_reader
from deployments.delivery import lane
from deployments.delivery import node as delivery
from deployments.reporting import notifier, task_loop
from deployments.runtime import heartbeat, loop_lag, watch
from ingest.bus import relay, sending
from serve_app.settings.alerts import AlertArgs

PROMISED_S = 30.0
PAUSES = {
    "a silent node is seen": [heartbeat.SILENT_S],
    "a node that hangs on a call is seen": [watch.PATIENCE_S, watch.PROBE_WITHIN_S, heartbeat.EVERY_S],
    "a node that failed calls is seen to answer": [watch.PROBE_EVERY_S, watch.PROBE_WITHIN_S, heartbeat.EVERY_S],
    "a broker that is away is seen": [relay.PROBE_EVERY_S, sending.SEND_TIMEOUT_S],
    "a broker that is back is seen": [relay.MAX_BACKOFF_S, sending.SEND_TIMEOUT_S],
    "a provider that fails is seen": [delivery.CHECK_S, heartbeat.EVERY_S],
    "a provider that is back is seen": [lane.CHECK_AGAIN_S, lane.CHECK_AGAIN_S, heartbeat.EVERY_S],
    "a mailbox that can be read again is seen": [mailbox_reader.RETRY_S, heartbeat.EVERY_S],
    "a model that answers again is seen": [ModelSettings().probe_every_s, heartbeat.EVERY_S],
    "a service that takes notifications again is seen": [notifier.TRIAL_EVERY_S, heartbeat.EVERY_S],
    "a periodic task that works again is seen": [task_loop.RETRY_S, heartbeat.EVERY_S],
    "an alert is raised and ends": [AlertArgs().interval_s, heartbeat.EVERY_S],
    "a loop that stood still is forgotten": [loop_lag.SHOWN_S, heartbeat.EVERY_S],
}


@pytest.mark.parametrize("what", PAUSES)
def test_h6_the_pauses_on_the_way_to_health_are_short(what: str) -> None:
    assert sum(PAUSES[what]) < PROMISED_S
