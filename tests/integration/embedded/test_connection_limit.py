"""The graph is not built when its nodes may open more connections than the real PostgreSQL accepts."""

from __future__ import annotations

import pytest

from serve_app.app import graph
from serve_app.embedded.parts.postgres import MAX_CONNECTIONS
from serve_app.settings.settings import SettingsError
from tests.fixtures.ports import free_port
from tests.integration.api.serving import arguments


def test_a_graph_with_room_is_built(database_url: str) -> None:
    assert graph(arguments(database_url)) is not None


def test_a_graph_without_room_is_refused_in_one_line_with_the_sum(database_url: str) -> None:
    with pytest.raises(SettingsError) as told:
        graph(arguments(database_url, db_pool_size=100, embedded=False))  # one of each, whatever the cores
    [line] = str(told.value).splitlines()
    assert line.startswith("DB_POOL_SIZE: ingress 1 × 101 + identity 1 × 100 + ")
    assert f"(max_connections {MAX_CONNECTIONS} - 3 reserved)" in line
    assert len(line) < 300  # all of it is shown at the start


def test_a_graph_is_built_while_the_database_is_away() -> None:
    assert graph(arguments(f"postgresql://nobody@127.0.0.1:{free_port()}/none", db_pool_size=100)) is not None
