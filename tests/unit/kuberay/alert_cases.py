"""Figures that raise each alert, and figures that do not, in Prometheus' notation for series (`start+step x times`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HERE = 'namespace="crm-digital-fte"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Series by name with their values, one a minute, that raise the alert by `at`; `labels` are those it then has.

    `quiet`: the same names with values that raise nothing.
    """

    raised: Mapping[str, str]
    quiet: Mapping[str, str]
    at: str = "30m"
    labels: Mapping[str, str] = field(default_factory=dict)


def figure(name: str, **labels: str) -> str:
    """Return a series' name with the namespace's label and others."""
    more = "".join(f',{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{HERE}{more}}}"


_AGE = figure("ray_nightdesk_inbound_age_seconds")
_SUM, _COUNT = figure("ray_nightdesk_turn_seconds_sum"), figure("ray_nightdesk_turn_seconds_count")
_ANSWERED = figure("ray_nightdesk_turns_total", outcome="answered")
_ESCALATED = figure("ray_nightdesk_turns_total", outcome="escalated")
_LAG = figure("ray_nightdesk_consumer_lag_records")
_READY = figure("ray_nightdesk_outbox_age_seconds", state="ready")
_RETRIED = figure("ray_nightdesk_outbox_age_seconds", state="retried")
_SENDING = figure("ray_nightdesk_outbox_age_seconds", state="sending")
_UNKNOWN = figure("ray_nightdesk_outbox_age_seconds", state="unknown")
_LETTERS = figure("ray_nightdesk_dead_letters")
_MAIL = figure("ray_nightdesk_channel_degraded", channel="email")
_WHATSAPP = figure("ray_nightdesk_channel_degraded", channel="whatsapp")
_WATCH = figure("ray_nightdesk_watch_left_seconds")
_AGENT = figure("ray_serve_deployment_status", deployment="agent")
_ERRORS = figure("ray_serve_num_http_error_requests_total", error_code="503")
_REFUSED = figure("ray_serve_num_http_error_requests_total", error_code="429")
_CALLS = figure("ray_serve_num_http_requests_total")
_BLOCK = figure("ray_nightdesk_loop_lag_seconds", node="agent")
_CERTIFICATE = figure("ray_nightdesk_certificate_left_seconds")
_CERT_MANAGERS = (
    'certmanager_certificate_expiration_timestamp_seconds{exported_namespace="crm-digital-fte",name="nightdesk-tls"}'
)

CASES: Mapping[str, Case] = {
    # A message that waits, against one that was answered before the alert's patience was over.
    "NightdeskCustomersWait": Case(raised={_AGE: "61+60x30"}, quiet={_AGE: "90 30 90 30 90 30+0x25"}),
    "NightdeskAnswersSlow": Case(
        raised={_SUM: "0+200x30", _COUNT: "0+50x30"}, quiet={_SUM: "0+140x30", _COUNT: "0+50x30"}
    ),
    # A third of many; a third of three messages is no rate.
    "NightdeskEscalationRate": Case(
        raised={_ESCALATED: "0+5x30", _ANSWERED: "0+10x30"},
        quiet={_ESCALATED: "0+0.05x30", _ANSWERED: "0+0.1x30"},
    ),
    "NightdeskConsumerLag": Case(raised={_LAG: "501x30"}, quiet={_LAG: "500x30"}),
    # Every other time the reply is just being tried, at a provider that lets the call hang.
    "NightdeskRepliesLate": Case(
        raised={
            _READY: "0x30",
            _RETRIED: " ".join(str(60 * n * (n % 2)) for n in range(31)),
            _SENDING: " ".join(str(60 * n * (1 - n % 2)) for n in range(31)),
        },
        quiet={_READY: "299x30", _RETRIED: "200x30", _SENDING: "200x30", _UNKNOWN: "500x30"},
    ),
    "NightdeskOutboxUnknown": Case(raised={_UNKNOWN: "0+60x30"}, quiet={_UNKNOWN: "590x30", _READY: "100x30"}),
    "NightdeskDeadLetters": Case(raised={_LETTERS: "0x20 1x10"}, quiet={_LETTERS: "0x30"}),
    "NightdeskDeadLettersGrow": Case(raised={_LETTERS: "0x20 7x10"}, quiet={_LETTERS: "0 5x29"}),
    "NightdeskChannelDegraded": Case(
        raised={_MAIL: "1x30", _WHATSAPP: "0x30"},
        quiet={_MAIL: "1 1 0 1 1 0 1 1 0+0x23", _WHATSAPP: "0x30"},
        labels={"channel": "email"},
    ),
    "NightdeskWatchEnds": Case(raised={_WATCH: "260000-60x60"}, quiet={_WATCH: "600000-60x60"}, at="40m"),
    "NightdeskReplicaUnhealthy": Case(
        raised={_AGENT: "2x30"}, quiet={_AGENT: "6 2 3 6x27"}, labels={"deployment": "agent"}
    ),
    # 2 % of the calls; refusals of a caller's own making do not count.
    "NightdeskHttpErrors": Case(
        raised={_ERRORS: "0+2x30", _CALLS: "0+100x30"},
        quiet={_ERRORS: "0+0.5x30", _REFUSED: "0+50x30", _CALLS: "0+100x30"},
    ),
    "NightdeskLoopBlocked": Case(raised={_BLOCK: "1.2x30"}, quiet={_BLOCK: "0.9x30"}, labels={"node": "agent"}),
    "NightdeskSilent": Case(raised={_LAG: "0x30"}, quiet={_AGE: "0x30"}, labels={"namespace": "crm-digital-fte"}),
    # Our own look at it; cert-manager's alone is in CASES_BESIDE.
    "NightdeskCertificateExpires": Case(
        raised={_CERTIFICATE: "600000-60x120"}, quiet={_CERTIFICATE: "5184000-60x120"}, at="90m"
    ),
}
"""By the alert's name."""

CASES_BESIDE: Mapping[str, Case] = {
    # Time begins at 0 in these tests: it ends in six days, and in sixty.
    "NightdeskCertificateExpires": Case(
        raised={_CERT_MANAGERS: "518400x120"}, quiet={_CERT_MANAGERS: "5184000x120"}, at="90m"
    ),
}
"""Other figures that raise some of them."""
