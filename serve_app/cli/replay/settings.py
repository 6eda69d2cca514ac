"""The settings that a replay tries: a TOML file over the product's settings."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serve_app.embedded.base.errors import UserError
from serve_app.settings.environment import Settings, settings_from

TRIED = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "OPENAI_API",
    "OPENAI_TIMEOUT_SECONDS",
    "ESCALATION_THRESHOLDS",
)
"""Settings that a file may change, by their names in the environment; an empty text unsets one."""
OWN = ("RELEVANCE_THRESHOLD", "PROMPT", "PRODUCT_DOCS")
"""What only a replay can change. Files are named as seen from the TOML file's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedSettings:
    """The product's settings with the file's changes. `prompt` and `product_docs` None: what ships, what is stored."""

    settings: Settings
    relevance_threshold: float | None
    prompt: Path | None
    product_docs: Path | None


def read_tried(path: Path, present: Settings) -> TriedSettings:
    """Read the file, over the settings that hold. Of ESCALATION_THRESHOLDS those that it leaves alone hold too.

    Raises UserError naming what is wrong in it, and SettingsError for a value that makes no sense.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}.") from error
    if unknown := sorted(given.keys() - {*TRIED, *OWN}):
        raise UserError(f"{path}: {unknown[0]} can't be tried; expected some of {', '.join((*TRIED, *OWN))}.")
    tried = {name.lower(): None if value == "" else value for name, value in given.items() if name in TRIED}
    if isinstance(some := tried.get("escalation_thresholds"), dict):
        tried["escalation_thresholds"] = {**present.escalation_thresholds, **some}
    return TriedSettings(
        settings=settings_from(present.model_dump() | tried),
        relevance_threshold=_share(path, given.get("RELEVANCE_THRESHOLD")),
        prompt=_file(path, "PROMPT", given.get("PROMPT")),
        product_docs=_file(path, "PRODUCT_DOCS", given.get("PRODUCT_DOCS")),
    )


def _share(path: Path, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"{path}: RELEVANCE_THRESHOLD is {value!r}; expected a number from 0 to 1.")
    return float(value)


def _file(path: Path, name: str, value: Any) -> Path | None:
    if value is None:
        return None
    named = path.parent / str(value)
    if not named.is_file():
        raise UserError(f"{path}: {name} names {named}, which is no file.")
    return named
