"""M4: what libraries log is JSON as ours is, at LOG_LEVEL where it may be, and without personal data."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from serve_app.telemetry import configure_logging, serve_logging

CARD, ADDRESS = "4111 1111 1111 1111", "ann@example.com"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests log as they did."""
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    others = {name: logging.getLogger(name).level for name in ("uvicorn", "ray.serve", "aiokafka")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in others.items():
        logging.getLogger(name).setLevel(before)
    structlog.configure(**config)


def logged(capsys: pytest.CaptureFixture[str], level: str) -> list[dict[str, str]]:
    """What is written at a level by us, by uvicorn, and by a library that logs what it sends."""
    configure_logging(level, "agent")
    structlog.get_logger("ours").info("turn_ended")
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    logging.getLogger("some.client").info("request body: %s", ADDRESS)
    logging.getLogger("some.client").warning("refused: %s for %s", CARD, ADDRESS)
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_m4_every_line_is_json_with_the_node_and_without_personal_data(capsys: pytest.CaptureFixture[str]) -> None:
    lines = logged(capsys, "INFO")
    assert [line["event"].split(":")[0].split()[0] for line in lines] == ["turn_ended", "Started", "refused"]
    assert {line["node"] for line in lines} == {"agent"}
    assert lines[1]["logger"] == "uvicorn.error"
    assert CARD not in str(lines)
    assert ADDRESS not in str(lines)


def test_m4_the_level_holds_for_all_and_debug_does_not_open_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    assert logged(capsys, "ERROR") == []
    assert len(logged(capsys, "DEBUG")) == 3
    assert serve_logging("ERROR") == {"encoding": "JSON", "log_level": "ERROR"}
