"""The outbox's way out: one sender a channel. It scales on how long replies wait."""

from __future__ import annotations

from db.pool import Pool
from deployments.channels.sender import Sender
from deployments.channels.status_mails import StatusMails
from deployments.channels.web_form import WebFormSender
from deployments.channels.whatsapp.sender import WhatsAppSender
from deployments.channels.whatsapp.twilio_client import Twilio
from deployments.delivery.node import DeliveryNode
from deployments.runtime.workload import WorkloadWatch, known
from serve_app.nodes.gmail_account import account
from serve_app.nodes.startup import begin, links, open_pool, switches
from serve_app.settings.app_args import AppArgs


class DeliveryServer:
    """deployments.delivery, as a replica."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "delivery")
        pool = await open_pool(args)
        self._workload = WorkloadWatch(pool)
        self._node = DeliveryNode(pool=pool, senders=senders(args, pool), switches=switches(args, pool))

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Return what serve_app.scaling.policies.OutboxAge reads."""
        work = self._workload.latest()
        return known(outbox_age_s=work.outbox_age_s) if work else {}

    async def check_health(self) -> None:
        """Raise when the loop has ended: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._workload.stop()
        await self._node.close()


def senders(args: AppArgs, pool: Pool) -> list[Sender]:
    """Return a sender for each channel that is on: enabled, and with all its credentials."""
    gmail = account(args)
    status_mails = StatusMails(pool=pool, links=links(args)) if args.mail_web_answers and gmail else None
    found: list[Sender] = [WebFormSender(status_mails)]
    if gmail:
        from deployments.channels.gmail.sender import GmailSender

        units = args.gmail.units_per_minute
        found.append(GmailSender(pool=pool, gmail=gmail.client, address=gmail.address, units_per_minute=units))
    if "whatsapp" in args.enabled_channels and (whatsapp := _whatsapp(args, pool)):
        found.append(whatsapp)
    return found


def _whatsapp(args: AppArgs, pool: Pool) -> WhatsAppSender | None:
    twilio = args.twilio
    if twilio.account_sid is None or twilio.auth_token is None or twilio.number is None:
        return None
    account = Twilio(
        account_sid=twilio.account_sid,
        auth_token=twilio.auth_token.get_secret_value(),
        number=twilio.number,
        base_url=twilio.api_base_url,
    )
    return WhatsAppSender(
        pool=pool,
        twilio=account,
        public_base_url=args.public_base_url,
        template_sid=twilio.template_sid,
        messages_per_second=twilio.messages_per_second,
    )
