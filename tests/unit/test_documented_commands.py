"""Every command in the documents is one that exists, or stands in a block that says what it needs (X3).

Blocks fenced `sh cluster` need Kubernetes (`make cluster-test` runs their like), `sh docker` a Docker engine,
`sh running` the running product (tests/acceptance runs those of docs/api.md). What the commands of Docker, Helm and
kubectl name is looked up by tests/unit/kuberay/test_documented.py.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from serve_app.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^```(\w*) ?(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
OURS = re.compile(r"^(?:[A-Z_]+=\S+ )?(?:\.venv/bin/)?(?:nightdesk|make|pytest|python -m|docker|helm|kubectl|N)\b ")
NEEDS = {
    "": {"nightdesk", "make", "pytest", "python", "cp", "printf", "openssl", "echo", "cd", "git"},
    "cluster": {"kubectl", "helm", "N", "openssl", "nightdesk"},
    "docker": {"docker", "make", "cp", "printf", "openssl"},
    "running": {"curl", "nightdesk"},
}
COMMANDS = typer.main.get_command(app)


class Written(NamedTuple):
    """A command line, where it stands, and what its block says that it needs (None: not in a block)."""

    page: str
    needs: str | None
    line: str


def commands(page: Path) -> Iterator[Written]:
    """Yield every command line of a page."""
    text = page.read_text(encoding="utf-8")
    for language, needs, block in FENCE.findall(text):
        if language in ("sh", "bash", "shell"):
            yield from (Written(page.name, needs, line) for line in _lines(block))
    # A span may go on in the next line.
    for span in SPAN.findall(re.sub(r"(?<!\n)\n(?!\n)", " ", FENCE.sub("", text))):
        if OURS.match(span):
            yield Written(page.name, None, span)


def test_the_documents_have_commands() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_x3_every_documented_command_exists_or_says_what_it_needs(page: Path) -> None:
    for written in commands(page):
        _check(written)


def _check(written: Written) -> None:
    for words in parts(written.line):
        program = Path(words[0]).name
        allowed = NEEDS[written.needs] if written.needs is not None else {program}
        assert program in allowed, f"{written.page}: {program} does not stand in a block of its kind"
        if program == "nightdesk":
            check_ours(words[1:])
        elif program == "make":
            _check_targets(words[1:])
        elif program == "pytest":
            _check_paths(words[1:])
        elif words[:2] == ["python", "-m"]:
            assert "<" in words[2] or importlib.util.find_spec(words[2]), words[2]


@pytest.mark.parametrize(
    ("needs", "line"),
    [
        (None, "nightdesk dlq lisst"),
        (None, "nightdesk migrate --chekc"),
        (None, "make tests-all"),
        (None, "pytest tests/nowhere"),
        ("", "kubectl get pods"),
    ],
)
def test_a_command_that_does_not_exist_is_found(needs: str | None, line: str) -> None:
    with pytest.raises(AssertionError):
        _check(Written("page.md", needs, line))


def test_the_compose_guide_begins_as_it_says(tmp_path: Path) -> None:
    """Its first lines make an .env with which Compose takes the file."""
    block = next(
        b for _, needs, b in FENCE.findall((ROOT / "docs" / "deployment.md").read_text()) if ".env.example" in b
    )
    for name in ("compose.yaml", ".env.example"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    for line in _lines(block):
        if not line.startswith(("docker", "make")):
            subprocess.run(["bash", "-euc", line], cwd=tmp_path, check=True, capture_output=True, timeout=30)
    compose = str(ROOT / ".venv" / "bin" / "docker-compose")
    done = subprocess.run([compose, "config"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "STAFF_API_KEY: ana:" in done.stdout


def _lines(block: str) -> Iterator[str]:
    joined = re.sub(r"\\\n\s*|(?<=[{,])\n\s*", " ", block)
    for line in joined.split("\n"):
        if (bare := line.split(" # ")[0].strip()) and not bare.startswith("#"):
            yield bare


def parts(line: str) -> Iterator[list[str]]:
    """Yield the words of each program that a line calls, without variables, quoting and what stands for a value."""
    for part in re.split(r"\s*(?:&&|\|\||[|;])\s*", re.sub(r"\$\([^)]*\)|'[^']*'|\"[^\"]*\"", "VALUE", line)):
        words = [word for word in re.sub(r"[\[\]]", " ", part).split() if not re.fullmatch(r"[A-Z_]+=\S*", word)]
        if words:
            yield words


def check_ours(words: list[str]) -> None:
    """Raise AssertionError for a command or an option that `nightdesk` has not."""
    command: Any = COMMANDS
    options: set[str] = {"-h", "--help"}
    for word in words:
        if word.startswith("--"):
            assert word.split("=")[0] in options, f"no option {word}: {' '.join(words)}"
        elif (known := getattr(command, "commands", None)) and re.fullmatch(r"[a-z-]+", word):
            assert word in known, f"no command {word}: {' '.join(words)}"
            command = known[word]
            options |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}


def _check_targets(words: list[str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for word in words:
        if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-"):
            assert word in targets, f"no target {word}"


def _check_paths(words: list[str]) -> None:
    for word in words:
        if word.startswith("tests/"):
            assert (ROOT / word.split("::")[0]).exists(), f"no file {word}"
