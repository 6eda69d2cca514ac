"""`Settings`: every environment variable of the product. The only reader of the environment and of `.env`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar, get_args

from pydantic import Field, SecretStr, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettingError

from db.records import Channel, Severity
from deployments.agent.models.settings import MODEL, MODEL_API, MODEL_TIMEOUT_S, ModelApi
from deployments.channels.gmail.quota import UNITS_PER_MINUTE
from deployments.channels.whatsapp.rate import MESSAGES_PER_SECOND
from serve_app.settings.alerts import (
    DEAD_LETTERS,
    ESCALATION_RATE,
    INTERVAL_SECONDS,
    LATENCY_SECONDS,
    MIN_TURNS,
    WINDOW_SECONDS,
)
from serve_app.settings.channels import (
    GOOGLE_CERTS_URL,
    GOOGLE_OAUTH_URL,
    JOIN_HOURS,
    QUIET_SECONDS,
    AccountSid,
    BaseUrl,
    EmailAddress,
    PubSubTopic,
    TemplateSid,
    WhatsAppNumber,
)
from serve_app.settings.form import BODY_MB, FILE_MB, FILE_TYPES, FILES, FileTypes
from serve_app.settings.login import GROUPS_CLAIM, SCOPES, Allowed, Issuer, Scopes
from serve_app.settings.model import ModelPrice
from serve_app.settings.retention import DETAILS_DAYS, EVENTS_HOURS, FILES_DAYS, METRICS_DAYS
from serve_app.settings.support import (
    AGENT_MODE,
    CLOSE_HOURS,
    DIGEST_AT,
    RESOLVE_HOURS,
    AgentMode,
    AskedChannel,
    ClockTime,
    Hours,
    NotifyUrls,
    TimeZoneName,
)
from serve_app.settings.values import check_key_length, parse_rate, parse_staff_keys

T = TypeVar("T")
LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = (LOOPBACK, "::1", "localhost")
HTTP_PORT = 8000
CHANNELS: tuple[str, ...] = get_args(Channel)
DB_POOL_SIZE, MIN_DB_POOL_SIZE = 6, 2
KAFKA_SECURITY_PROTOCOL: Final = "PLAINTEXT"
KAFKA_SASL_MECHANISM: Final = "PLAIN"
KAFKA_PARTITIONS = 30
PUBLIC_RATE_LIMIT = "30/minute"
EMBEDDING_MODEL = "minilm-l6-v2-int8-2"
LOG_LEVEL: Final = "INFO"
_ORIGIN = re.compile(r"^https?://[^/\s]+$")


class SettingsError(Exception):
    """A setting is missing or wrong: the message, one line, names the variable. Nothing was started."""


class Settings(BaseSettings):
    """Each field is the environment variable of its name. Without a database or broker the embedded one is used."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True)

    database_url: Annotated[str, StringConstraints(pattern=r"^postgres(ql)?://")] | None = None
    db_pool_size: int = Field(default=DB_POOL_SIZE, ge=MIN_DB_POOL_SIZE, le=100)
    kafka_bootstrap_servers: str | None = None
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = KAFKA_SECURITY_PROTOCOL
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = KAFKA_SASL_MECHANISM
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_partitions: int = Field(default=KAFKA_PARTITIONS, ge=1, le=1_000)

    openai_api_key: SecretStr | None = None
    openai_base_url: BaseUrl | None = None
    openai_model: str = MODEL
    openai_api: ModelApi = MODEL_API
    openai_timeout_seconds: float = Field(default=MODEL_TIMEOUT_S, gt=0, le=50)
    openai_prices: dict[str, ModelPrice] = Field(default_factory=dict)

    gmail_client_id: str | None = None
    gmail_client_secret: SecretStr | None = None
    gmail_refresh_token: SecretStr | None = None
    gmail_user: EmailAddress | None = None
    gmail_groups: Annotated[tuple[EmailAddress, ...], NoDecode] = ()
    gmail_pubsub_topic: PubSubTopic | None = None
    gmail_pubsub_audience: str | None = None
    gmail_pubsub_service_account: EmailAddress | None = None
    gmail_units_per_minute: int = Field(default=UNITS_PER_MINUTE, ge=7_500)
    gmail_api_base_url: BaseUrl | None = None
    mail_web_answers: bool = False
    learn_from_customers: bool = False
    google_token_url: BaseUrl = GOOGLE_OAUTH_URL
    google_certs_url: BaseUrl = GOOGLE_CERTS_URL

    twilio_account_sid: AccountSid | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_whatsapp_number: WhatsAppNumber | None = None
    twilio_api_base_url: BaseUrl | None = None
    whatsapp_template_sid: TemplateSid | None = None
    whatsapp_messages_per_second: float = Field(default=MESSAGES_PER_SECOND, gt=0)
    whatsapp_quiet_seconds: float = Field(default=QUIET_SECONDS, ge=0, le=15)
    whatsapp_join_hours: float = Field(default=JOIN_HOURS, gt=0)

    http_host: str = LOOPBACK
    ray_cluster_name: str = ""
    public_base_url: BaseUrl | None = None
    trusted_proxies: str = ""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    public_rate_limit: str = PUBLIC_RATE_LIMIT
    form_files: int = Field(default=FILES, ge=0, le=10)
    form_file_mb: int = Field(default=FILE_MB, ge=1, le=25)
    form_file_types: Annotated[FileTypes, NoDecode] = FILE_TYPES
    form_files_dir: Path | None = None
    form_trap: bool = False
    form_proof: int = Field(default=0, ge=0, le=10_000)
    secret_key: SecretStr | None = None
    secret_key_previous: SecretStr | None = None
    staff_api_key: SecretStr | None = None
    operator_token: SecretStr | None = None
    oidc_issuer: Issuer | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_allowed: Annotated[Allowed, NoDecode] = ()
    oidc_groups: Annotated[tuple[str, ...], NoDecode] = ()
    oidc_groups_claim: str = GROUPS_CLAIM
    oidc_scopes: Scopes = SCOPES

    agent_mode: AgentMode = AGENT_MODE
    notify_urls: NotifyUrls | None = None
    support_hours: Hours | None = None
    support_timezone: TimeZoneName | None = None
    sla_hours: dict[Severity, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    digest_at: ClockTime = DIGEST_AT
    rating_reopens: bool = False
    rating_ask: Annotated[tuple[AskedChannel, ...], NoDecode] = ()
    ticket_resolve_hours: float = Field(default=RESOLVE_HOURS, gt=0)
    ticket_close_hours: float = Field(default=CLOSE_HOURS, gt=0)

    alert_window_seconds: float = Field(default=WINDOW_SECONDS, ge=10, le=86_400)
    alert_interval_seconds: float = Field(default=INTERVAL_SECONDS, ge=1, le=3_600)
    alert_min_turns: int = Field(default=MIN_TURNS, ge=1)
    alert_latency_seconds: float = Field(default=LATENCY_SECONDS, gt=0)
    alert_escalation_rate: float = Field(default=ESCALATION_RATE, ge=0, le=1)
    alert_dead_letters: int = Field(default=DEAD_LETTERS, ge=0)

    events_kept_hours: float = Field(default=EVENTS_HOURS, gt=0, le=EVENTS_HOURS)
    metrics_kept_days: int = Field(default=METRICS_DAYS, ge=1)
    details_kept_days: float = Field(default=DETAILS_DAYS, gt=0)
    files_kept_days: float = Field(default=FILES_DAYS, gt=0)

    demo_channels_url: BaseUrl | None = None
    enabled_channels: Annotated[tuple[str, ...], NoDecode] = CHANNELS
    escalation_thresholds: dict[str, float] = Field(default_factory=dict)
    scaling_bounds: dict[str, tuple[int, int]] = Field(default_factory=dict)
    embedding_model: str = EMBEDDING_MODEL
    sentiment_model: Path | None = None
    context_dir: Path | None = None
    otel_exporter_otlp_endpoint: BaseUrl | None = None
    otel_exporter_otlp_headers: SecretStr | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = LOG_LEVEL
    nightdesk_data_dir: Path | None = None

    @property
    def models_dir(self) -> Path | None:
        """The folder that keeps promoted models; None without a data directory: the store has their whole paths."""
        return self.nightdesk_data_dir.absolute() / "models" if self.nightdesk_data_dir else None

    @field_validator("public_rate_limit")
    @classmethod
    def _rate(cls, value: str) -> str:
        parse_rate(value)
        return value

    @field_validator("staff_api_key")
    @classmethod
    def _staff_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_staff_keys(value.get_secret_value())
        return value

    @field_validator("operator_token")
    @classmethod
    def _operator_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_key_length(value.get_secret_value(), "the token")
        return value

    @field_validator("form_file_mb")
    @classmethod
    def _body(cls, value: int, info: ValidationInfo) -> int:
        if value * int(info.data.get("form_files", 0)) > BODY_MB:
            raise ValueError(f"FORM_FILES times FORM_FILE_MB is more than {BODY_MB}: lower one of them")
        return value

    @field_validator("secret_key_previous")
    @classmethod
    def _previous_keys(cls, value: SecretStr | None) -> SecretStr | None:
        for key in value.get_secret_value().split() if value is not None else ():
            check_key_length(key, "a key")  # A part of a key that had blanks in it could be guessed.
        return value

    @field_validator(
        "cors_origins",
        "enabled_channels",
        "form_file_types",
        "gmail_groups",
        "oidc_allowed",
        "oidc_groups",
        "rating_ask",
        mode="before",
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and not _ORIGIN.match(origin):
                raise ValueError(f"{origin!r} is no origin; expected such as https://www.example.com, or *")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for part in filter(None, (part.strip() for part in value.split(","))):
            ip_network(part, strict=False)
        return value

    @field_validator("enabled_channels")
    @classmethod
    def _known_channels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in CHANNELS:
                raise ValueError(f"{name!r} is no channel; expected some of {', '.join(CHANNELS)}")
        return value

    @field_validator("escalation_thresholds")
    @classmethod
    def _known_thresholds(cls, value: dict[str, float]) -> dict[str, float]:
        if value:
            from deployments.rules.escalation import EscalationRules  # slow: compiles its patterns

            EscalationRules(value)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class _SettingsFromValues(Settings):
    """Settings for which neither the environment nor `.env` is read."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load_settings(**overrides: object) -> Settings:
    """Read the environment and `.env`; `overrides`, by field, come first. Raises SettingsError."""
    return _checked(Settings, overrides)


def settings_from(values: Mapping[str, object]) -> Settings:
    """Return the settings with these values, by field, and defaults; no environment is read. Raises SettingsError."""
    return _checked(_SettingsFromValues, values)


def _checked(kind: type[Settings], values: Mapping[str, object]) -> Settings:
    try:
        return kind(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][:1]).upper()
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
    except UnreadableSettingError as error:
        name = str(error).split('"')[1].upper()
        raise SettingsError(f"{name}: expected JSON, such as {{}}") from None
