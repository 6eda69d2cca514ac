"""The arguments of the graph, and how they follow from the settings."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from deployments.rules.company import Company
from serve_app.settings.alerts import AlertArgs
from serve_app.settings.channels import GmailArgs, TwilioArgs
from serve_app.settings.company_documents import company_of
from serve_app.settings.form import FormArgs
from serve_app.settings.login import LoginArgs
from serve_app.settings.model import ModelArgs
from serve_app.settings.retention import RetentionArgs
from serve_app.settings.settings import (
    CHANNELS,
    DB_POOL_SIZE,
    EMBEDDING_MODEL,
    HTTP_PORT,
    KAFKA_PARTITIONS,
    KAFKA_SASL_MECHANISM,
    KAFKA_SECURITY_PROTOCOL,
    LOG_LEVEL,
    LOOPBACK,
    LOOPBACK_NAMES,
    PUBLIC_RATE_LIMIT,
    Settings,
    SettingsError,
)
from serve_app.settings.support import HOURS, SLA_HOURS, TIMEZONE, SupportArgs
from serve_app.settings.values import RateLimit, parse_rate

T = TypeVar("T")


class KafkaArgs(BaseModel):
    """How to reach the broker; the topic of incoming messages gets at least so many `partitions`."""

    model_config = ConfigDict(frozen=True)

    bootstrap_servers: str
    security_protocol: str = KAFKA_SECURITY_PROTOCOL
    sasl_mechanism: str = KAFKA_SASL_MECHANISM
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    partitions: int = KAFKA_PARTITIONS


class AppArgs(BaseModel):
    """The arguments of `serve_app.app:graph`. Every node gets them whole and passes on what its parts need."""

    model_config = ConfigDict(frozen=True)

    company: Company
    database_url: str
    db_pool_size: int = DB_POOL_SIZE
    kafka: KafkaArgs
    model: ModelArgs = ModelArgs()
    gmail: GmailArgs = GmailArgs()
    twilio: TwilioArgs = TwilioArgs()
    support: SupportArgs = SupportArgs()
    alerts: AlertArgs = AlertArgs()
    retention: RetentionArgs = RetentionArgs()
    form: FormArgs = FormArgs()
    demo_channels_url: str | None = None
    embedding_model: str = EMBEDDING_MODEL
    sentiment_model: Path | None = None
    models_dir: Path | None = None
    escalation_thresholds: dict[str, float] = Field(default_factory=dict)
    scaling_bounds: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """By node the least and the most replicas, where they differ from the table's (serve_app/scaling)."""
    secret_key: SecretStr
    secret_key_previous: SecretStr | None = None
    staff_api_key: SecretStr | None = None
    operator_token: SecretStr | None = None
    login: LoginArgs | None = None
    bound_to_loopback: bool = True
    public_base_url: str = f"http://{LOOPBACK}:{HTTP_PORT}"
    trusted_proxies: str = ""
    cors_origins: tuple[str, ...] = ()
    public_rate_limit: str = PUBLIC_RATE_LIMIT
    enabled_channels: tuple[str, ...] = CHANNELS
    mail_web_answers: bool = False
    learn_from_customers: bool = False
    log_level: str = LOG_LEVEL
    otlp_endpoint: str | None = None
    otlp_headers: SecretStr | None = None
    embedded: bool = True
    """All nodes share one machine with the database and the broker."""
    kuberay: bool = False
    """Nodes are in pods of KubeRay's, which points its Service to them."""

    @cached_property
    def form_rate(self) -> RateLimit | None:
        """The limit of `POST /support/form` for each client address."""
        return parse_rate(self.public_rate_limit)

    @property
    def previous_keys(self) -> tuple[str, ...]:
        """Keys that SECRET_KEY has replaced and whose links still open what they opened."""
        return tuple(self.secret_key_previous.get_secret_value().split()) if self.secret_key_previous else ()


def app_args(settings: Settings, *, port: int = HTTP_PORT, embedded: bool = False) -> AppArgs:
    """Build the graph's arguments. Raises SettingsError when a variable that it needs is not set."""
    company = company_of(settings)
    return AppArgs(
        company=company,
        database_url=_required("DATABASE_URL", settings.database_url),
        db_pool_size=settings.db_pool_size,
        kafka=_kafka_args(settings),
        model=model_args(settings),
        gmail=gmail_args(settings, company),
        twilio=twilio_args(settings),
        support=support_args(settings, company),
        alerts=alert_args(settings),
        retention=retention_args(settings),
        form=form_args(settings),
        demo_channels_url=settings.demo_channels_url,
        embedding_model=settings.embedding_model,
        sentiment_model=settings.sentiment_model.absolute() if settings.sentiment_model else None,
        models_dir=settings.models_dir,
        escalation_thresholds=settings.escalation_thresholds,
        scaling_bounds=settings.scaling_bounds,
        secret_key=_required("SECRET_KEY", settings.secret_key),
        secret_key_previous=settings.secret_key_previous,
        staff_api_key=settings.staff_api_key,
        operator_token=settings.operator_token,
        login=login_args(settings),
        bound_to_loopback=settings.http_host in LOOPBACK_NAMES,
        public_base_url=public_base_url(settings, port),
        trusted_proxies=settings.trusted_proxies,
        cors_origins=settings.cors_origins,
        public_rate_limit=settings.public_rate_limit,
        enabled_channels=settings.enabled_channels,
        mail_web_answers=settings.mail_web_answers,
        learn_from_customers=settings.learn_from_customers,
        log_level=settings.log_level,
        otlp_endpoint=settings.otel_exporter_otlp_endpoint,
        otlp_headers=settings.otel_exporter_otlp_headers,
        embedded=embedded,
        kuberay=bool(settings.ray_cluster_name),
    )


def public_base_url(settings: Settings, port: int) -> str:
    """Return PUBLIC_BASE_URL, or else this machine's address; no slash at the end."""
    return (settings.public_base_url or f"http://{LOOPBACK}:{port}").rstrip("/")


def model_args(settings: Settings) -> ModelArgs:
    """Return the settings of the language model."""
    return ModelArgs(
        api_key=settings.openai_api_key,
        base_url=settings.openai_base_url,
        name=settings.openai_model,
        api=settings.openai_api,
        timeout_s=settings.openai_timeout_seconds,
        prices=settings.openai_prices,
    )


def gmail_args(settings: Settings, company: Company) -> GmailArgs:
    """Return the settings of the e-mail channel; the company's own mail groups, unless others are set."""
    return GmailArgs(
        client_id=settings.gmail_client_id,
        client_secret=settings.gmail_client_secret,
        refresh_token=settings.gmail_refresh_token,
        user=settings.gmail_user,
        groups=settings.gmail_groups or company.mail_groups,
        topic=settings.gmail_pubsub_topic,
        audience=settings.gmail_pubsub_audience,
        service_account=settings.gmail_pubsub_service_account,
        units_per_minute=settings.gmail_units_per_minute,
        api_base_url=settings.gmail_api_base_url,
        token_url=settings.google_token_url,
        certs_url=settings.google_certs_url,
    )


def twilio_args(settings: Settings) -> TwilioArgs:
    """Return the settings of the WhatsApp channel."""
    return TwilioArgs(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        number=settings.twilio_whatsapp_number,
        template_sid=settings.whatsapp_template_sid,
        messages_per_second=settings.whatsapp_messages_per_second,
        api_base_url=settings.twilio_api_base_url,
        quiet_s=settings.whatsapp_quiet_seconds,
        join_hours=settings.whatsapp_join_hours,
    )


def support_args(settings: Settings, company: Company) -> SupportArgs:
    """Return the settings of the support team; its hours are the company's, unless others are set."""
    urls = settings.notify_urls.get_secret_value().split() if settings.notify_urls else []
    return SupportArgs(
        agent_mode=settings.agent_mode,
        notify_urls=tuple(SecretStr(url) for url in urls),
        hours=settings.support_hours or company.hours or HOURS,
        timezone=settings.support_timezone or company.timezone or TIMEZONE,
        sla_hours={**SLA_HOURS, **settings.sla_hours},
        digest_at=settings.digest_at,
        rating_reopens=settings.rating_reopens,
        rating_ask=settings.rating_ask,
        resolve_after_hours=settings.ticket_resolve_hours,
        close_after_hours=settings.ticket_close_hours,
    )


def login_args(settings: Settings) -> LoginArgs | None:
    """Return how the staff sign in by their provider, None where they do not. Raises SettingsError for half of it."""
    if settings.oidc_issuer is None and settings.oidc_client_id is None:
        return None
    if not settings.oidc_allowed and not settings.oidc_groups:
        raise SettingsError("OIDC_ALLOWED is not set: name addresses, domains (@example.com), or OIDC_GROUPS")
    return LoginArgs(
        issuer=_required("OIDC_ISSUER", settings.oidc_issuer),
        client_id=_required("OIDC_CLIENT_ID", settings.oidc_client_id),
        client_secret=settings.oidc_client_secret,
        scopes=settings.oidc_scopes,
        allowed=settings.oidc_allowed,
        groups=settings.oidc_groups,
        groups_claim=settings.oidc_groups_claim,
    )


def alert_args(settings: Settings) -> AlertArgs:
    """Return when the operators are alerted."""
    return AlertArgs(
        window_s=settings.alert_window_seconds,
        interval_s=settings.alert_interval_seconds,
        min_turns=settings.alert_min_turns,
        latency_s=settings.alert_latency_seconds,
        escalation_rate=settings.alert_escalation_rate,
        dead_letters=settings.alert_dead_letters,
    )


def retention_args(settings: Settings) -> RetentionArgs:
    """Return how long is kept what is kept for a time only."""
    return RetentionArgs(
        events_hours=settings.events_kept_hours,
        metrics_days=settings.metrics_kept_days,
        details_days=settings.details_kept_days,
        files_days=settings.files_kept_days,
    )


def form_args(settings: Settings) -> FormArgs:
    """Return what the web form takes."""
    return FormArgs(
        files=settings.form_files,
        file_mb=settings.form_file_mb,
        file_types=settings.form_file_types,
        files_dir=settings.form_files_dir.resolve() if settings.form_files_dir else None,
        trap=settings.form_trap,
        proof=settings.form_proof,
    )


def _kafka_args(settings: Settings) -> KafkaArgs:
    return KafkaArgs(
        bootstrap_servers=_required("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers),
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=settings.kafka_sasl_password,
        partitions=settings.kafka_partitions,
    )


def _required(name: str, value: T | None) -> T:
    if value is None:
        raise SettingsError(f"{name} is not set: set it, or start the embedded parts with `nightdesk up`")
    return value
