"""The settings of a replay: those of the product, changed by a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serve_app.embedded.base.errors import UserError
from serve_app.settings.settings import Settings, settings_from

TRIED = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "OPENAI_API",
    "OPENAI_TIMEOUT_SECONDS",
    "ESCALATION_THRESHOLDS",
)
"""Environment variables that the file may change; an empty string unsets one."""
EXTRAS = ("RELEVANCE_THRESHOLD", "ASK_FROM", "MOOD_THRESHOLD", "CATEGORY_THRESHOLD", "PROMPT", "PRODUCT_DOCS")
"""Keys for what is no setting. Paths are relative to the TOML file's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedSettings:
    """The product's settings with the file's changes.

    None: the thresholds in force, the prompt of this release, the stored knowledge base.
    """

    settings: Settings
    relevance_threshold: float | None
    ask_from: float | None
    mood_threshold: float | None
    category_threshold: float | None
    prompt: Path | None
    product_docs: Path | None


def read_tried(path: Path, present: Settings) -> TriedSettings:
    """Apply the file to `present`; ESCALATION_THRESHOLDS is merged key by key.

    Raises UserError for a file that can't be read or an unknown key, SettingsError for a wrong value.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}.") from error
    if unknown := sorted(given.keys() - {*TRIED, *EXTRAS}):
        raise UserError(f"{path}: {unknown[0]} can't be tried; expected some of {', '.join((*TRIED, *EXTRAS))}.")
    tried = {name.lower(): None if value == "" else value for name, value in given.items() if name in TRIED}
    if isinstance(thresholds := tried.get("escalation_thresholds"), dict):
        tried["escalation_thresholds"] = {**present.escalation_thresholds, **thresholds}
    return TriedSettings(
        settings=settings_from(present.model_dump() | tried),
        relevance_threshold=_share(path, "RELEVANCE_THRESHOLD", given),
        ask_from=_share(path, "ASK_FROM", given),
        mood_threshold=_share(path, "MOOD_THRESHOLD", given),
        category_threshold=_share(path, "CATEGORY_THRESHOLD", given),
        prompt=_file(path, "PROMPT", given.get("PROMPT")),
        product_docs=_file(path, "PRODUCT_DOCS", given.get("PRODUCT_DOCS")),
    )


def _share(path: Path, name: str, given: Mapping[str, Any]) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"{path}: {name} is {value!r}; expected a number from 0 to 1.")
    return float(value)


def _file(path: Path, name: str, value: Any) -> Path | None:
    if value is None:
        return None
    named = path.parent / str(value)
    if not named.is_file():
        raise UserError(f"{path}: {name} names {named}, which is no file.")
    return named
