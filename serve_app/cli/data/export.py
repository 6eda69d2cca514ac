"""`nightdesk data export`: the desk's own questions with what answered them, or what people made of the answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from serve_app.cli.options import DataDirOption
from serve_app.embedded.base.errors import NotRunningError, UserError

if TYPE_CHECKING:
    from deployments.staff.desk_labels import LabelLine
    from deployments.staff.exports import QuestionLine

Line = TypeVar("Line", bound="QuestionLine | LabelLine")


class Exported(StrEnum):
    """What answered the questions, or what people made of it."""

    REPLIES = "replies"
    ANSWERS = "answers"
    DRAFTS = "drafts"
    RATINGS = "ratings"
    ESCALATION = "escalation"


ANSWERED: Mapping[Exported, Literal["replies", "answers"]] = {
    Exported.REPLIES: "replies",
    Exported.ANSWERS: "answers",
}
LABELLED: Mapping[Exported, Literal["drafts", "ratings", "escalation"]] = {
    Exported.DRAFTS: "drafts",
    Exported.RATINGS: "ratings",
    Exported.ESCALATION: "escalation",
}
OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the lines (JSONL).")]
WhatOption = Annotated[
    Exported,
    typer.Option(
        "--what",
        help="replies: people's, to hand-overs; answers: the agent's that customers called good; drafts: whether the "
        "agent's were kept, edited, rewritten; ratings: customers' marks; escalation: which hand-overs were needed.",
    ),
]


def export(
    out: OutOption,
    what: WhatOption = Exported.REPLIES,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How far to look back.")] = 365,
    test_share: Annotated[float, typer.Option(min=0, max=0.9, help="Of the newest, to measure with.")] = 0.2,
    data_dir: DataDirOption = None,
) -> None:
    """Write what customers asked and what answered it, a line a ticket, without personal data; newest to measure with.

    Only with LEARN_FROM_CUSTOMERS=true, and nothing of customers who object (docs/privacy.md). Questions of the
    training part that stand in the test part too, or nearly so, are left out, and so are texts with two labels.
    """
    from serve_app.cli.target import find_database, settings_of
    from serve_app.cli.workbench_extra import workbench

    product = find_database(data_dir)
    if not settings_of(product).learn_from_customers:
        raise UserError("LEARN_FROM_CUSTOMERS is not true: customers' words are not used for training.")
    since = datetime.now(UTC) - timedelta(days=days)
    found = asyncio.run(_lines(product.database_url, what, since, test_share))
    with workbench():
        lines = without_leaks(of_one_mind(found))
    written = "".join(f"{json.dumps(line.columns, ensure_ascii=False)}\n" for line in lines)
    out.write_text(written, encoding="utf-8")
    test = sum(line.split == "test" for line in lines)
    left_out = (
        f"; {len(found) - len(lines)} left out, which are nearly in the test part or of two labels"
        if len(lines) < len(found)
        else ""
    )
    print(f"{len(lines)} questions are in {out}, {test} of them to measure with{left_out}")


def without_leaks(lines: Sequence[Line]) -> list[Line]:
    """Return the lines without those to train with that are nearly one of those to measure with."""
    from embeddings.workbench.sets.near import without_near

    train = [line for line in lines if line.split == "train"]
    test = [line for line in lines if line.split == "test"]
    return [*without_near(train, [line.question for line in test], text=lambda line: line.question), *test]


def of_one_mind(lines: Sequence[Line]) -> list[Line]:
    """Return the lines without texts that have two labels: of those nobody can learn."""
    labels: dict[str, set[object]] = {}
    for line in lines:
        labels.setdefault(line.question.casefold(), set()).add(line.columns.get("label"))
    return [line for line in lines if len(labels[line.question.casefold()]) == 1]


async def _lines(url: str, what: Exported, since: datetime, test_share: float) -> Sequence[QuestionLine | LabelLine]:
    from db.pool import DatabaseUnavailableError, create_pool, transaction
    from deployments.staff.desk_labels import label_lines
    from deployments.staff.exports import question_lines

    try:
        pool = await create_pool(url, size=1)
        try:
            async with transaction(pool) as connection:
                if answered := ANSWERED.get(what):
                    return await question_lines(connection, answered, since, test_share=test_share)
                return await label_lines(connection, LABELLED[what], since, test_share=test_share)
        finally:
            await pool.close()
    except DatabaseUnavailableError as error:
        raise NotRunningError(f"{error}: start it with `nightdesk up`.") from None
