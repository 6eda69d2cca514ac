"""The system prompt: a versioned Jinja template, rendered for each run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from deployments.agent.run_context import RunContext, fenced_line

PROMPT = Path(__file__).with_name("prompt.md")
_VERSION = "version:"


class PromptNotUsableError(Exception):
    """The prompt file lacks a version in its front matter, or a text. The node does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The template and its version, which decision records name."""

    version: str
    template: Template

    def render(self, context: RunContext) -> str:
        """Return the instructions for one run."""
        ticket, company = context.turn.ticket, context.services.company
        return self.template.render(
            company=company.name,
            product=company.product,
            manner=company.tone,
            documents_language=company.languages[0],
            channel=context.turn.channel,
            tone=context.config.tone,
            max_length=context.config.max_response_length,
            length_unit=context.config.length_unit,
            language=context.language,
            ticket=ticket.number,
            subject=fenced_line(ticket.subject),
            category=ticket.category,
            priority=context.priority,
        )


@cache
def load_prompt(path: Path = PROMPT) -> Prompt:
    """Read and compile the prompt. Raises PromptNotUsableError."""
    head, _, body = path.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
    version = next((line.removeprefix(_VERSION) for line in head.splitlines() if line.startswith(_VERSION)), "")
    if not version.strip(' "') or not body.strip():
        raise PromptNotUsableError(f"{path.name} needs a front matter with a version, and a text")
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    return Prompt(version=version.strip(' "'), template=environment.from_string(body.strip()))
