"""S1: a data directory is private, keeps its ports and secrets, and is refused in one line when it cannot be used."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve_app.embedded.base.data_dir import DataDir, default_path
from serve_app.embedded.base.errors import DataDirError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that PostgreSQL's account can reach, unlike pytest's own as root."""
    path = Path(tempfile.mkdtemp(prefix="nd-dir-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def data_dir(place: Path) -> DataDir:
    directory = DataDir(place / "data")
    directory.prepare()
    return directory


def test_two_checkouts_have_two_directories(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "nightdesk", tmp_path / "b" / "nightdesk"
    for checkout in (first, second):
        checkout.mkdir(parents=True)
        (checkout / "pyproject.toml").touch()
    assert default_path(first) != default_path(second)
    assert default_path(first) == default_path(first)


def test_secrets_are_made_once_and_readable_by_their_owner_alone(data_dir: DataDir) -> None:
    secret = data_dir.secret("token")
    assert len(secret) == 43
    assert DataDir(data_dir.path).secret("token") == secret
    assert data_dir.secret("other") != secret
    assert data_dir.secret_file("token").stat().st_mode & 0o777 == 0o600
    assert data_dir.logs.stat().st_mode & 0o077 == 0


def test_preparing_twice_changes_nothing(data_dir: DataDir) -> None:
    secret = data_dir.secret("token")
    data_dir.prepare()
    assert data_dir.secret("token") == secret


def test_a_port_is_kept_until_another_process_takes_it(data_dir: DataDir) -> None:
    port = data_dir.port("kafka")
    assert DataDir(data_dir.path).port("kafka") == port
    assert data_dir.port("postgres") != port
    with socket.create_server(("127.0.0.1", port)):
        moved = data_dir.port("kafka")
        assert moved != port
    assert data_dir.port("kafka") == moved


def test_a_full_disk_is_one_line(place: Path) -> None:
    with pytest.raises(DataDirError, match=r"^the disk of .* is full: .* at least .* MB needed\. Make room") as caught:
        DataDir(place / "data", min_free_bytes=10**18).prepare()
    assert "\n" not in str(caught.value)


def test_a_file_in_its_place_is_one_line(place: Path) -> None:
    (place / "data").touch()
    with pytest.raises(DataDirError, match=r"^cannot use .*Not a directory|File exists"):
        DataDir(place / "data").prepare()


@as_root
def test_a_directory_of_another_user_is_one_line(place: Path) -> None:
    (place / "data").mkdir()
    os.chown(place / "data", 65534, 65534)
    with pytest.raises(DataDirError, match=r"belongs to user nobody: run as nobody, or choose another directory"):
        DataDir(place / "data").prepare()


@as_root
def test_as_root_a_closed_home_is_refused_and_nothing_is_made(place: Path) -> None:
    closed = place / "home"
    closed.mkdir(mode=0o700)
    with pytest.raises(DataDirError, match=r"cannot enter .*closed homes"):
        DataDir(closed / "data").prepare()
    assert not (closed / "data").exists()


@as_root
def test_as_root_the_default_is_outside_roots_home(tmp_path: Path) -> None:
    assert default_path(tmp_path).parent == Path("/var/lib/nightdesk")
