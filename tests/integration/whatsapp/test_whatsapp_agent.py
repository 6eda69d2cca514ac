"""R9: the real agent acknowledges media and empty messages in the form of the channel."""

from __future__ import annotations

import pytest

from db.intake.channels import File
from db.pool import acquire
from db.turns import customer_history
from deployments.agent.node import AgentNode, ModelSettings
from deployments.rules.escalation import EscalationRules
from embeddings.relevance import RelevanceGate
from tests.fixtures.company import EXAMPLE
from tests.fixtures.turns import NoAnalysis
from tests.fixtures.whatsapp_channel import EVE, Line, Store
from tests.integration.whatsapp.test_channel_intake import accept, message, wake_of

PHOTO = File(filename="image-1.jpg", content_type="image/jpeg")


@pytest.fixture
def agent(store: Store) -> AgentNode:
    return AgentNode(
        pool=store.pool,
        analysis=NoAnalysis(),
        model=ModelSettings(),
        gate=RelevanceGate.load(own_names=EXAMPLE.own_names),
        rules=EscalationRules(own_names=EXAMPLE.own_names),
        company=EXAMPLE,
        links=str,
    )


async def test_r9_files_are_found_where_the_agent_reads_them(store: Store) -> None:
    accepted = await accept(store, message("", attachments=(PHOTO, PHOTO)))
    async with acquire(store.pool) as connection:
        assert await customer_history.attachment_names(connection, [accepted.inbox_id]) == (
            "image-1.jpg",
            "image-1.jpg",
        )


@pytest.mark.parametrize(("files", "expected"), [((PHOTO,), "Thanks for the attachment!"), ((), "without any text")])
async def test_r9_media_are_acknowledged_and_an_empty_message_gets_a_question(
    line: Line, agent: AgentNode, files: tuple[File, ...], expected: str
) -> None:
    accepted = await accept(line.store, message("", attachments=files))
    pipeline = line.store.pipeline(agent=agent)
    assert await pipeline.handle(await wake_of(line.store, accepted.inbox_id)) == "answered"
    line.control.set_number(EVE, window_open=True)
    await line.deliver()
    [answer] = await line.wait_for(1, kind="whatsapp_accepted")
    assert expected in answer.body
    text, footer = answer.body.split("\n\n")
    assert text.endswith("?")
    assert footer.startswith("Ticket TKT-")
