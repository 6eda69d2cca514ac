"""The nodes' connections add up below PostgreSQL's limit, or the start is refused with the sum."""

from __future__ import annotations

import pytest

from db.operations.connection_limit import ConnectionLimit
from deployments.ingress_node import PROBE_CONNECTIONS
from serve_app.nodes.connections import OTHERS, NodeConnections, connections, too_many
from serve_app.scaling import table

LIMIT = ConnectionLimit(all_in_all=100, reserved=3)


def test_the_maxima_are_those_of_the_table_and_what_each_node_opens_is_counted() -> None:
    opened = {node.node: node for node in connections(table.scaled(table.cluster(), {"agent": (2, 9)}))}
    assert {name: node.replicas for name, node in opened.items()} == {
        **{name: bounds.most for name, bounds in table.cluster().items()},
        "agent": 9,
    }
    assert opened["ingress"].total(6) == 20 * (6 + PROBE_CONNECTIONS)
    assert opened["analysis"].total(6) == 20


def test_a_sum_that_fits_is_no_problem_and_one_more_is() -> None:
    room = LIMIT.ours - OTHERS - 6
    assert too_many([NodeConnections(node="agent", replicas=1, pools=1, more=room)], LIMIT, pool_size=6) == ""
    assert too_many([NodeConnections(node="agent", replicas=1, pools=1, more=room + 1)], LIMIT, pool_size=6)


def test_the_refusal_shows_the_arithmetic_and_what_to_change() -> None:
    nodes = [
        NodeConnections(node="ingress", replicas=20, pools=1, more=1),
        NodeConnections(node="agent", replicas=5, pools=1),
        NodeConnections(node="analysis", replicas=1, pools=0, more=1),
    ]
    assert too_many(nodes, LIMIT, pool_size=6) == (
        "DB_POOL_SIZE: ingress 20 × 7 + agent 5 × 6 + analysis 1 × 1 + 8 others = 179 connections, "
        "but PostgreSQL has 97 (max_connections 100 - 3 reserved): set it to 2, or raise max_connections to 182"
    )


@pytest.mark.parametrize("replicas", [60, 4])
def test_a_size_is_named_only_where_one_fits(replicas: int) -> None:
    nodes = [NodeConnections(node="agent", replicas=replicas, pools=1)]
    refusal = too_many(nodes, LIMIT, pool_size=50)
    fitting = (LIMIT.ours - OTHERS) // replicas
    assert (f"set it to {fitting}, or " in refusal) is (fitting >= 2)
    assert too_many(nodes, LIMIT, pool_size=fitting) == ""
