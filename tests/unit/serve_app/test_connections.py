"""The nodes' connections add up below PostgreSQL's limit, or the start is refused with the sum."""

from __future__ import annotations

import pytest

from db.operations.connection_limit import ConnectionLimit
from serve_app import app
from serve_app.nodes.connections import OTHERS, NodeConnections, most_replicas, too_many

LIMIT = ConnectionLimit(all_in_all=100, reserved=3)


def test_every_node_of_the_graph_is_counted() -> None:
    options = [value for value in vars(app).values() if isinstance(value, dict) and "ray_actor_options" in value]
    assert {node.node for node in app.connections()} == {one["name"] for one in options}


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


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({}, 1),
        ({"num_replicas": 3}, 3),
        ({"autoscaling_config": {"min_replicas": 3, "max_replicas": 20}}, 20),
    ],
)
def test_the_most_replicas_are_those_that_the_options_allow(options: dict[str, object], most: int) -> None:
    assert most_replicas(options) == most
