"""The command line's contract: exit codes, one line for a user's mistake, a complete help."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that PostgreSQL's account can reach, unlike pytest's own as root."""
    path = Path(tempfile.mkdtemp(prefix="nd-cli-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def _nightdesk(
    *arguments: str, cwd: Path = PROJECT, settings: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "serve_app.cli.main", *arguments],
        cwd=cwd,
        env={"PATH": os.defpath, "PYTHONPATH": str(PROJECT), "COLUMNS": "200", **settings},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def _is_one_line(done: subprocess.CompletedProcess[str]) -> bool:
    return done.stderr.startswith("error: ") and done.stderr.count("\n") == 1 and done.stdout == ""


def test_help_names_every_command() -> None:
    done = _nightdesk("--help")
    assert done.returncode == 0
    for command in ("up", "down", "status", "migrate"):
        assert f" {command} " in done.stdout
    assert "0 ok, 1 failed, 2 wrong usage, 3 not running" in done.stdout


def test_help_of_up_names_every_option() -> None:
    done = _nightdesk("up", "--help")
    for option in ("--data-dir", "--port", "--detach", "--demo-channels", "--haproxy", "--dashboard-port"):
        assert option in done.stdout


@pytest.mark.parametrize("command", ["down", "status"])
def test_not_running_is_3(command: str, place: Path) -> None:
    done = _nightdesk(command, "--data-dir", str(place))
    assert done.returncode == 3
    assert _is_one_line(done)
    assert not list(place.iterdir())


@pytest.mark.parametrize(
    "arguments", [["up", "--port", "http"], ["up", "--port", "70000"], ["status", "--no-such"], ["fly"]]
)
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    assert _nightdesk(*arguments).returncode == 2


@pytest.mark.parametrize(
    "account", [{"GMAIL_USER": "us@example.com"}, {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "x"}]
)
def test_s6_real_accounts_and_stand_ins_exclude_each_other(place: Path, account: dict[str, str]) -> None:
    done = _nightdesk("up", "--demo-channels", "--data-dir", str(place / "data"), settings=account)
    assert done.returncode == 1
    assert _is_one_line(done)
    assert ", ".join(account) in done.stderr
    assert not (place / "data").exists()


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_s4_a_wrong_setting_is_one_line(command: str, place: Path) -> None:
    done = _nightdesk(command, "--data-dir", str(place), settings={"DB_POOL_SIZE": "many"})
    assert done.returncode == 1
    assert _is_one_line(done)
    assert "DB_POOL_SIZE" in done.stderr


def test_the_data_directory_comes_from_the_setting(place: Path) -> None:
    done = _nightdesk("status", settings={"NIGHTDESK_DATA_DIR": str(place / "elsewhere")})
    assert done.returncode == 3
    assert str(place / "elsewhere") in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_directory_of_another_user_is_one_line(place: Path) -> None:
    (place / "data").mkdir()
    os.chown(place / "data", 65534, 65534)
    done = _nightdesk("up", "--data-dir", str(place / "data"))
    assert done.returncode == 1
    assert _is_one_line(done)
    assert "belongs to user nobody" in done.stderr


def test_a_foreign_address_is_one_line_and_leaves_nothing_running(place: Path) -> None:
    done = _nightdesk("up", "--data-dir", str(place / "data"), settings={"HTTP_HOST": "192.0.2.77"})
    assert done.returncode == 1
    assert "error: HTTP_HOST '192.0.2.77' is not an address of this machine" in done.stderr
    assert _nightdesk("down", "--data-dir", str(place / "data")).returncode == 3
