"""What `nightdesk heads train` does: a team's messages in, a classifier in the store's registry and in service out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from db import tuning
from db.pool import Connection
from db.tuning import EscalationClassifier, Tuning
from embeddings.escalation import CLASSES, NAME
from embeddings.kept_models import written_down
from embeddings.workbench.escalation_data import Example
from embeddings.workbench.registry.room import keep, room
from embeddings.workbench.sets.check import checked, split_note
from embeddings.workbench.sets.read import DataFile, read_data
from embeddings.workbench.sets.read import Example as Row
from embeddings.workbench.sets.retrieval_set import sides
from embeddings.workbench.sets.rows import InvalidDataError
from evaluation.escalation.gate import Check, Gate, Limits, metrics
from evaluation.escalation.retrain import trained
from serve_app.cli.embeddings.bench import Product, product_of
from serve_app.cli.in_store import in_store
from serve_app.cli.thresholds.desk import tuned_of
from serve_app.embedded.base.errors import UserError
from serve_app.nodes.tuned import tuned_escalation, tuned_settings

FEWEST = 30
"""Messages put aside below which nothing can be said of a classifier."""
Told = Callable[[str], None]


class RefusedError(Exception):
    """The gate refuses the classifier. Nothing was changed."""

    def __init__(self, checks: list[Check]) -> None:
        failed = [check.line for check in checks if not check.ok]
        super().__init__("; ".join(failed))
        self.lines = [check.line for check in checks]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A training on its way. `models`: where classifiers that pass are kept, for all replicas."""

    product: Product
    tuned: Tuning
    data: DataFile
    models: Path
    limits: Limits
    told: Told

    @classmethod
    def of(cls, data_dir: Path | None, file: Path, models: Path | None, *, limits: Limits, told: Told) -> Training:
        """Read all that is needed. Raises UserError, NotRunningError, InvalidDataError."""
        data = read_data(file)
        require_classes(data)
        if note := split_note(checked(data)):
            told(f"{data.name}: {note}")
        product = product_of(data_dir, needed=True)
        kept = models or product.models
        if kept is None:
            raise UserError("where shall it be kept? Name a folder that every replica reads: --models DIR.")
        return cls(product=product, tuned=tuned_of(product), data=data, models=kept, limits=limits, told=told)

    def run(self, *, who: str, note: str) -> EscalationClassifier:
        """Train, judge, keep, put into service. Raises RefusedError, InvalidDataError, SwitchError, UserError."""
        parts = sides(self.data)
        train, own = (as_messages(parts[split], self.data.name) for split in ("train", "test"))
        if len(own) < FEWEST:
            raise InvalidDataError(
                f"{self.data.name}: {len(own)} messages to measure with; at least {FEWEST} are needed"
            )
        self.models.mkdir(parents=True, exist_ok=True)
        with room(self.models) as work:
            made = work / "escalation" / NAME
            made.parent.mkdir()
            present = tuned_escalation(self.tuned, self.product.models)
            candidate = trained(train, made, told=self.told)
            checks = self._gate(own).judge(candidate, present)
            for check in checks:
                self.told(f"{'passed' if check.ok else 'FAILED'}  {check.line}")
            if not all(check.ok for check in checks):
                raise RefusedError(checks)
            folder = keep(made.parent, candidate.model_id, self.models)
        model = EscalationClassifier(
            model_id=candidate.model_id,
            folder=written_down(folder, self.product.models),
            parent=present.model_id,
            data_sha256=self.data.sha256,
            metrics=metrics(checks),
        )
        self._put_in_service(model, who=who, note=note)
        return model

    def _gate(self, own: list[Example]) -> Gate:
        thresholds = tuned_settings(self.product.settings, self.tuned).escalation_thresholds
        return Gate(own=own, thresholds=thresholds, limits=self.limits)

    def _put_in_service(self, model: EscalationClassifier, *, who: str, note: str) -> None:
        async def work(connection: Connection) -> None:
            await tuning.hold(connection)
            found = await tuning.in_force(connection)
            if (found.escalation, found.escalation_model) != (self.tuned.escalation, self.tuned.escalation_model):
                raise UserError("escalation was tuned meanwhile, nothing was changed: do it again.")
            await tuning.register(connection, model)
            value = {"model_id": model.model_id, "folder": model.folder}
            await tuning.change(connection, "escalation_model", value, who=who, note=note)

        in_store(self.product.database_url, work)


def require_classes(data: DataFile) -> None:
    """Raise InvalidDataError for a file that is not of texts with the classes as labels."""
    if data.kind != "labels":
        raise InvalidDataError(f"{data.name}: expected text and label")
    if unknown := next((example for example in data.examples if example.label not in CLASSES), None):
        raise InvalidDataError(
            f"{data.name}, line {unknown.line}: the label {unknown.label!r} is none of {', '.join(CLASSES)}"
        )


def as_messages(examples: Sequence[Row], name: str) -> list[Example]:
    """Return the rows of a file as messages; what says no kind is a paraphrase, or ordinary."""
    return [
        Example(
            text=one.text,
            label=str(one.label),
            kind=one.kind or ("ordinary" if one.label == "none" else "paraphrase"),
            family=f"{name}-{one.line}",
        )
        for one in examples
    ]
