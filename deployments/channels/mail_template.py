"""A text of the product's own in the company's template of mails."""

from __future__ import annotations

import structlog

from db.outbound import channel_configs
from db.pool import Connection
from deployments.rules.formatting import TemplateNotUsableError, framed

log = structlog.get_logger(__name__)


async def in_mail_template(connection: Connection, text: str, *, number: str) -> str:
    """Return the text as a mail about this ticket; without a template that can be rendered, as it is."""
    config = (await channel_configs.list_all(connection)).get("email")
    try:
        return framed(config, body=text, name="", ticket=number, link="", first=False) if config else text
    except TemplateNotUsableError as error:
        log.error("response_template_not_usable", channel="email", error=str(error))
        return text
