"""Sweeper, alerts, the mailbox and the support team's clocks, one for the whole installation."""

from __future__ import annotations

from datetime import time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ray.serve.handle import DeploymentHandle

from db.pool import Pool
from deployments.ingest_node import GROUP
from deployments.learning.finder import EVERY_S as LEARN_EVERY_S
from deployments.learning.finder import CandidateFinder
from deployments.reporting.certificate import TELL_EVERY_S, CertificateWatch
from deployments.reporting.collector import AlertRules
from deployments.reporting.folder_sweep import FolderSweep
from deployments.reporting.morning import Morning
from deployments.reporting.node import ReportingNode
from deployments.reporting.periodic_tasks import PeriodicTask, support_tasks
from deployments.reporting.rating_questions import RatingQuestions
from deployments.reporting.retention import Periods, Retention
from deployments.rules.support_hours import ServiceLevels
from deployments.shadow.worker import EVERY_S as SHADOW_EVERY_S
from deployments.shadow.worker import ShadowWorker
from embeddings.encoder import model_files
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import RELEVANCE
from ingest.bus.topic_retention import TopicRetention
from ingest.identifiers import normalise_email
from serve_app.api.public.status_link import rating_link
from serve_app.nodes.gmail_account import account
from serve_app.nodes.held_start import until_pods_are_ready
from serve_app.nodes.remote_handles import RemoteAnalysis
from serve_app.nodes.startup import begin, open_pool, switches
from serve_app.settings.app_args import AppArgs

if TYPE_CHECKING:
    from deployments.channels.gmail.mailbox_reader import MailboxWorker


class ReportingServer:
    """deployments.reporting, as a replica. `analysis` reads what may be learned."""

    async def __init__(self, args: AppArgs, analysis: DeploymentHandle[Any]) -> None:  # type: ignore[misc]
        begin(args, "reporting")
        pool = await open_pool(args)
        self._node = ReportingNode(
            pool=pool,
            kafka=args.kafka,
            group=GROUP,
            rules=_rules(args),
            mailbox=_mailbox(args, pool),
            tasks=(
                *_tasks(args, pool),
                *_rating_tasks(args, pool),
                *_digest_tasks(args, pool),
                *_certificate_tasks(args.public_base_url),
                *_retention_tasks(args, pool),
                _learning_task(args, pool, RemoteAnalysis(analysis)),
                _shadow_task(args, pool),
            ),
        )
        if args.kuberay:
            await until_pods_are_ready()

    async def check_health(self) -> None:
        """Raise when a task has died: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()


def _rules(args: AppArgs) -> AlertRules:
    alerts = args.alerts
    return AlertRules(
        window_s=alerts.window_s,
        interval_s=alerts.interval_s,
        min_turns=alerts.min_turns,
        latency_ms=alerts.latency_s * 1000,
        escalation_rate=alerts.escalation_rate,
        dead_letters=alerts.dead_letters,
    )


def _tasks(args: AppArgs, pool: Pool) -> tuple[PeriodicTask, ...]:
    support = args.support
    return support_tasks(
        pool=pool,
        levels=ServiceLevels.parse(support.hours, support.timezone, support.sla_hours),
        notify_urls=[url.get_secret_value() for url in support.notify_urls],
        staff_url=f"{args.public_base_url}/staff",
        resolve_after=timedelta(hours=support.resolve_after_hours),
        close_after=timedelta(hours=support.close_after_hours),
    )


def _rating_tasks(args: AppArgs, pool: Pool) -> tuple[PeriodicTask, ...]:
    """Return none where nobody is asked by WhatsApp or mail."""
    if not args.support.rating_ask:
        return ()
    questions = RatingQuestions(
        pool=pool,
        channels=args.support.rating_ask,
        links=partial(rating_link, args.public_base_url, args.secret_key.get_secret_value()),
        off=switches(args, pool).reasons,
    )
    return (PeriodicTask(name="questions for a mark", every_s=30.0, work=questions.run_once),)


def _digest_tasks(args: AppArgs, pool: Pool) -> tuple[PeriodicTask, ...]:
    """Return none where nobody would hear of the digest."""
    support = args.support
    if not support.notify_urls:
        return ()
    morning = Morning(
        pool=pool,
        zone=ZoneInfo(support.timezone),
        at=time.fromisoformat(support.digest_at),
        page_url=f"{args.public_base_url}/staff/digest",
        embedding_model=args.embedding_model,
    )
    return (PeriodicTask(name="digest", every_s=60.0, work=morning.run_once),)


def _certificate_tasks(public_base_url: str) -> tuple[PeriodicTask, ...]:
    """Return none where customers come without TLS."""
    public = urlsplit(public_base_url)
    if public.scheme != "https" or public.hostname is None:
        return ()
    watch = CertificateWatch(public.hostname, public.port or 443)
    return (PeriodicTask(name="certificate", every_s=TELL_EVERY_S, work=watch.run_once),)


def _retention_tasks(args: AppArgs, pool: Pool) -> tuple[PeriodicTask, ...]:
    kept = args.retention
    periods = Periods(
        events=timedelta(hours=kept.events_hours),
        metrics=timedelta(days=kept.metrics_days),
        details=timedelta(days=kept.details_days),
        files=timedelta(days=kept.files_days),
    )
    topics = TopicRetention(args.kafka)
    folder = args.form.folder
    sweep = FolderSweep(pool=pool, folder=folder) if folder else None
    return (
        *Retention(pool=pool, periods=periods).tasks(),
        *((PeriodicTask(name="folder of files", every_s=600.0, work=sweep.run_once),) if sweep else ()),
        PeriodicTask(name="topics' settings", every_s=300.0, work=topics.run_once, problem=topics.problem),
    )


def _learning_task(args: AppArgs, pool: Pool, analysis: RemoteAnalysis) -> PeriodicTask:
    finder = CandidateFinder(pool=pool, analysis=analysis, company=args.company, allowed=args.learn_from_customers)
    return PeriodicTask(name="learning", every_s=LEARN_EVERY_S, work=finder.run_once)


def _shadow_task(args: AppArgs, pool: Pool) -> PeriodicTask:
    gate = RelevanceGate.load(model_files(args.embedding_model).heads / RELEVANCE, own_names=args.company.own_names)
    worker = ShadowWorker(pool=pool, gate=gate, models=args.models_dir)
    # However long a model takes, it is nothing that health reports: the run's own report does.
    return PeriodicTask(
        name="shadow", every_s=SHADOW_EVERY_S, work=worker.run_once, patience_s=float("inf"), close=worker.close
    )


def _mailbox(args: AppArgs, pool: Pool) -> MailboxWorker | None:
    gmail = account(args)
    if gmail is None:
        return None
    from deployments.channels.gmail.mailbox_reader import MailboxWorker

    channels = switches(args, pool)

    async def is_on() -> bool:
        return not await channels.why_off("email")

    return MailboxWorker(
        pool=pool,
        gmail=gmail.client,
        address=gmail.address,
        topic=args.gmail.topic,
        groups=[normalise_email(group) for group in args.gmail.groups],
        units_per_minute=args.gmail.units_per_minute,
        is_on=is_on,
    )
