"""X4, T4: commands beside a running product use its settings, not those of their own environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from serve_app.cli.target import Target, find_database, settings_of
from serve_app.embedded.base.errors import UserError
from serve_app.settings.decision_settings import DECISION_SETTINGS, snapshot
from serve_app.settings.settings import Settings, SettingsError, load_settings, settings_from

AFFECTS_NO_DECISION = frozenset(
    name
    for name in Settings.model_fields
    if name.startswith(
        ("alert_", "kafka_", "gmail_", "google_", "twilio_", "whatsapp_", "database_", "db_", "ticket_", "oidc_")
    )
) | {
    "cors_origins",
    "demo_channels_url",
    "details_kept_days",
    "digest_at",
    "enabled_channels",
    "events_kept_hours",
    "files_kept_days",
    "form_file_mb",
    "form_file_types",
    "form_files",
    "form_files_dir",
    "form_proof",
    "form_trap",
    "http_host",
    "log_level",
    "mail_web_answers",
    "metrics_kept_days",
    "nightdesk_data_dir",
    "notify_urls",
    "openai_prices",
    "operator_token",
    "otel_exporter_otlp_endpoint",
    "otel_exporter_otlp_headers",
    "public_rate_limit",
    "ray_cluster_name",
    "rating_ask",
    "rating_reopens",
    "scaling_bounds",
    "secret_key_previous",
    "trusted_proxies",
}
"""Settings of channels, storage, retention, access and prices."""


def test_every_setting_is_in_the_snapshot_or_affects_no_decision() -> None:
    assert Settings.model_fields.keys() == DECISION_SETTINGS | AFFECTS_NO_DECISION
    assert not DECISION_SETTINGS & AFFECTS_NO_DECISION


def test_a_snapshot_gives_the_same_settings_in_any_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    started = settings_from(
        {
            "agent_mode": "draft",
            "escalation_thresholds": {"refund.meaning": 0.5},
            "sla_hours": {"high": 1},
            "openai_api_key": "k",
            "context_dir": "/srv/acme",
        }
    )
    text = json.dumps(snapshot(started, secret_key="s", public_base_url="https://help.example"))
    for name, value in {
        "AGENT_MODE": "auto",
        "ESCALATION_THRESHOLDS": '{"legal.meaning": 0.1}',
        "SLA_HOURS": '{"low": 2}',
        "OPENAI_BASE_URL": "http://127.0.0.1:1",
        "STAFF_API_KEY": "mallory:her-own-key-of-16-signs",
    }.items():
        monkeypatch.setenv(name, value)
    again = settings_of(Target(url="", token=None, database_url="", data_dir="/d", settings=json.loads(text)))

    made_up = {"secret_key", "public_base_url"}
    assert again.model_dump(include=set(DECISION_SETTINGS - made_up)) == started.model_dump(
        include=set(DECISION_SETTINGS - made_up)
    )
    assert again.secret_key is not None
    assert (again.secret_key.get_secret_value(), again.public_base_url) == ("s", "https://help.example")


def test_a_value_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_MODE", "auto")
    with pytest.raises(SettingsError, match=r"^AGENT_MODE: "):
        settings_from({"agent_mode": "sometimes"})


def test_with_only_a_database_url_the_environment_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://there/x")
    monkeypatch.setenv("NIGHTDESK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AGENT_MODE", "draft")
    product = find_database(None)

    assert (product.database_url, product.data_dir) == ("postgresql://there/x", "")
    assert settings_of(product) == load_settings()
    assert settings_of(product).agent_mode == "draft"


def test_a_run_file_without_a_snapshot_asks_for_a_restart() -> None:
    with pytest.raises(UserError, match="restart it with `nightdesk down` and `nightdesk up`"):
        settings_of(Target(url="u", token=None, database_url="", data_dir="/d"))
