"""S4: settings name the variable that is wrong, and .env.example lists exactly what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from serve_app.settings.app_args import app_args
from serve_app.settings.settings import Settings, SettingsError, load_settings
from serve_app.settings.values import parse_rate

ROOT = Path(__file__).parents[3]


def test_s4_env_example_lists_every_setting_and_nothing_else() -> None:
    listed = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert listed == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PUBLIC_RATE_LIMIT", "often"),
        ("PUBLIC_RATE_LIMIT", "0/minute"),
        ("DB_POOL_SIZE", "many"),
        ("ENABLED_CHANNELS", "email,fax"),
        ("ESCALATION_THRESHOLDS", '{"refund": 7}'),
        ("ESCALATION_THRESHOLDS", "{refund"),
        ("ESCALATION_THRESHOLDS", '{"refund": 0.5}'),
        ("LOG_LEVEL", "loud"),
        ("STAFF_API_KEY", "ann:,bob:key"),
        ("STAFF_API_KEY", "ann:fifteen-letters"),
        ("STAFF_API_KEY", "ann:a-key-of-sixteen,bob:short"),
        ("OPERATOR_TOKEN", "fifteen-letters"),
        ("CORS_ORIGINS", "https://a.example, zzz"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, abc"),
        ("PUBLIC_BASE_URL", "nope"),
        ("OPENAI_BASE_URL", "notaurl"),
        ("DATABASE_URL", "mysql://somewhere/x"),
        ("OPENAI_API", "telepathy"),
        ("AGENT_MODE", "sometimes"),
        ("NOTIFY_URLS", "slack"),
        ("SUPPORT_HOURS", "nine to five"),
        ("SUPPORT_TIMEZONE", "Mars/Olympus"),
        ("SLA_HOURS", '{"high": 0}'),
        ("SLA_HOURS", '{"panic": 1}'),
        ("TICKET_CLOSE_HOURS", "0"),
        ("EVENTS_KEPT_HOURS", "25"),
        ("METRICS_KEPT_DAYS", "0"),
    ],
)
def test_s4_a_wrong_setting_is_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{variable}: ")
    assert "\n" not in str(caught.value)


def test_s4_what_the_graph_needs_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(SettingsError, match=r"^DATABASE_URL is not set"):
        app_args(load_settings(_env_file=None))


def test_rate_off_is_no_limit() -> None:
    assert parse_rate("off") is None
    rate = parse_rate("30/minute")
    assert rate is not None
    assert (rate.hits, rate.seconds) == (30, 60)


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY_PREVIOUS", "a key with blanks in it"), ("FORM_FILE_MB", "25")]
)
def test_a_value_that_would_be_unsafe_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings()


def test_secrets_do_not_show_in_the_settings_own_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1234567890")
    assert "sk-canary" not in repr(load_settings())
