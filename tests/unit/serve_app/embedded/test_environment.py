"""S1: children get every setting in whatever directory they run, and nothing of the user's own Ray."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.environment import Services, product_environment, ray_environment
from serve_app.settings.settings import LOOPBACK_NAMES, Settings, load_settings

SERVICES = Services(
    database_url="postgresql://u:p@127.0.0.1:1/d",
    kafka_bootstrap_servers="127.0.0.1:2",
    secret_key="s" * 43,
    operator_token="t" * 43,
)


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    (tmp_path / "secrets").mkdir()
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


def test_h11_behind_haproxy_the_product_counts_as_listening_everywhere(data_dir: DataDir) -> None:
    settings = load_settings(_env_file=None)
    environment = product_environment(data_dir, settings, SERVICES, haproxy=True, base={})
    assert environment["HTTP_HOST"] not in LOOPBACK_NAMES


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
