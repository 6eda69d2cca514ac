"""S1: children get every setting in whatever directory they run, and nothing of the user's own Ray."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.environment import Services, product_environment, ray_environment
from serve_app.settings.settings import Settings, load_settings

SERVICES = Services(
    database_url="postgresql://u:p@127.0.0.1:1/d",
    kafka_bootstrap_servers="127.0.0.1:2",
    secret_key="s" * 43,
    operator_token="t" * 43,
)


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    for name in ("secrets", "run"):
        (tmp_path / name).mkdir()
    return DataDir(tmp_path)


def test_settings_of_dotenv_reach_the_children(
    tmp_path: Path, data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They run in another directory, where that file is not."""
    dotenv = tmp_path / "settings.env"
    dotenv.write_text(
        "OPENAI_API_KEY=sk-x\nENABLED_CHANNELS=email,web_form\n"
        'ESCALATION_THRESHOLDS={"refund.meaning": 0.7}\nDB_POOL_SIZE=9\nPUBLIC_RATE_LIMIT=off\n'
        'OPENAI_PRICES={"gpt-4o": {"input": 2.5, "output": 10}}\n'
    )
    settings = load_settings(_env_file=dotenv)
    environment = product_environment(data_dir, settings, SERVICES, base={})
    monkeypatch.setattr("os.environ", environment)
    again = Settings(_env_file=None)
    named = (
        "openai_api_key",
        "enabled_channels",
        "escalation_thresholds",
        "db_pool_size",
        "public_rate_limit",
        "openai_prices",
    )
    assert [getattr(again, name) for name in named] == [getattr(settings, name) for name in named]


def test_where_the_services_are_wins_over_what_is_inherited(data_dir: DataDir) -> None:
    settings = load_settings(_env_file=None)
    environment = product_environment(data_dir, settings, SERVICES, base={"DATABASE_URL": "elsewhere"})
    assert environment["DATABASE_URL"] == SERVICES.database_url
    assert environment["KAFKA_BOOTSTRAP_SERVERS"] == SERVICES.kafka_bootstrap_servers
    assert environment["SECRET_KEY"] == SERVICES.secret_key
    assert environment["OPERATOR_TOKEN"] == SERVICES.operator_token
    assert "HTTP_HOST" not in environment
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["NIGHTDESK_DATA_DIR"] == str(data_dir.path)


def test_ray_is_guarded_and_alone(data_dir: DataDir) -> None:
    inherited = {"RAY_ADDRESS": "ray://elsewhere", "RAY_AUTH_TOKEN": "x", "HOME": "/home/u"}
    environment = ray_environment(data_dir, base=inherited)
    assert "RAY_ADDRESS" not in environment
    assert "RAY_AUTH_TOKEN" not in environment
    assert environment["HOME"] == "/home/u"
    assert environment["RAY_AUTH_MODE"] == "token"
    assert Path(environment["RAY_AUTH_TOKEN_PATH"]).read_text() == data_dir.secret("ray_token")
    assert environment["FORWARDED_ALLOW_IPS"] == ""
    assert environment["RAY_SERVE_ENABLE_HA_PROXY"] == "0"
    assert ray_environment(data_dir, haproxy=True, base={})["RAY_SERVE_ENABLE_HA_PROXY"] == "1"


def test_everything_is_text(data_dir: DataDir) -> None:
    environment = product_environment(data_dir, load_settings(_env_file=None), SERVICES, base={})
    json.dumps(environment)
    assert all(isinstance(value, str) for value in environment.values())


def test_the_command_line_limits_numpy_before_it_is_imported() -> None:
    """Its second thread would spin beside the models in every command that judges passages."""
    code = (
        "import os, sys; import serve_app.cli.main as main; assert 'numpy' not in sys.modules; "
        "main.app = lambda: print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules); main.main()"
    )
    inherited = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    for given, expected in ({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3"):
        ran = subprocess.run([sys.executable, "-c", code], env=inherited | given, capture_output=True, text=True)
        assert (ran.stdout.split(), ran.stderr) == ([expected, "False"], "")
