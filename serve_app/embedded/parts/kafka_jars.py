"""The jars of Apache Kafka: downloaded once from Maven Central, verified against `kafka_jars.lock`.

`python -m serve_app.embedded.parts.kafka_jars` downloads what is missing (`make setup` does that);
`--relock` resolves `COORDINATES` anew and writes the lock, for a new version of Kafka.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from serve_app.embedded.base.errors import StartError

COORDINATES = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
LOCK = Path(__file__).with_name("kafka_jars.lock")
HEADER = f"""\
# The jars of Apache Kafka ({COORDINATES}), pinned.
# One jar a line: sha256, size in bytes, Maven coordinates.
# Written by `python -m serve_app.embedded.parts.kafka_jars --relock`.
"""
DOWNLOADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One pinned jar. `coordinates` is group:artifact:version."""

    sha256: str
    size: int
    coordinates: str

    @property
    def file_name(self) -> str:
        """`artifact-version.jar`, as Maven names it."""
        _, artifact, version = self.coordinates.split(":")
        return f"{artifact}-{version}.jar"

    def matches(self, path: Path) -> bool:
        """Whether the file at `path` has this jar's SHA-256."""
        return hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


def read_lock(lock: Path = LOCK) -> list[Jar]:
    """The pinned jars, in the order of the file."""
    rows = (line.split() for line in lock.read_text().splitlines() if line and not line.startswith("#"))
    return [Jar(sha256=sha256, size=int(size), coordinates=coordinates) for sha256, size, coordinates in rows]


def cache_dir(lock: Path = LOCK) -> Path:
    """The directory in this virtual environment for the jars of this lock."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    return Path(sys.prefix) / "share" / "nightdesk" / "kafka" / digest


def archive(jars: Path) -> Path:
    """The file beside a directory of jars with the classes that a broker loads (`kafka_archive`), if it was made."""
    return jars.with_suffix(".aot")


def is_complete(directory: Path, jars: Iterable[Jar]) -> bool:
    """Whether `directory` has every jar, by size: the checksums were verified at the download."""
    try:
        return all((directory / jar.file_name).stat().st_size == jar.size for jar in jars)
    except OSError:
        return False


def ensure(on_progress: Callable[[str], None] = lambda text: None, *, target: Path | None = None) -> Path:
    """The directory with all jars, downloaded now (43 MB, 5-20 s) when any is missing; `on_progress` gets one line.

    Raises StartError when a jar can't be downloaded or is not the pinned one; an incomplete download is never used.
    """
    jars = read_lock()
    directory = target or cache_dir()
    if not is_complete(directory, jars):
        on_progress(f"fetching Apache Kafka ({len(jars)} jars, {sum(jar.size for jar in jars) // 1_000_000} MB)")
        _fetch_all(jars, directory)
    return directory


def fetch(jar: Jar, repository: Path, target: Path) -> None:
    """Download one jar into `target`, through the Maven repository cache `repository`.

    Raises StartError when it can't be downloaded or is not the pinned one.
    """
    from jgo.maven import MavenContext  # takes 0.2 s to import, and is needed once only

    group, artifact, version = jar.coordinates.split(":")
    context = MavenContext(repo_cache=repository, timeout=60)
    try:
        path = context.project(group, artifact).at_version(version).artifact().resolve()
    except Exception as error:  # jgo passes on what its HTTP client raises
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StartError(
            f"cannot fetch {jar.coordinates} ({reason}): "
            "check the network and run `make setup`, or set KAFKA_BOOTSTRAP_SERVERS."
        ) from None
    if not jar.matches(path):
        raise StartError(
            f"{jar.coordinates} is not the pinned jar (sha256 differs from {LOCK.name}): nothing of it was kept."
        )
    path.rename(target / jar.file_name)


def relock(lock: Path = LOCK) -> None:
    """Resolve `COORDINATES` with their dependencies and write the lock."""
    import jgo

    with tempfile.TemporaryDirectory() as temporary:
        environment = jgo.build(COORDINATES, cache_dir=Path(temporary))
        files = {path.name: path for path in environment.all_jars}
        found = environment.lockfile.dependencies if environment.lockfile else []
        jars = [_pin(f"{one.groupId}:{one.artifactId}:{one.version}", files) for one in found]
    rows = [f"{jar.sha256} {jar.size:>8} {jar.coordinates}\n" for jar in sorted(jars, key=lambda jar: jar.coordinates)]
    lock.write_text(HEADER + "".join(rows))


def main(arguments: list[str]) -> None:
    """Download what is missing, or `--relock`. On failure print one line `error: …` and exit 1."""
    try:
        if "--relock" in arguments:
            relock()
        else:
            ensure(lambda text: print(text, flush=True))  # noqa: T201 - a command
    except StartError as error:
        sys.exit(f"error: {error}")


def _fetch_all(jars: list[Jar], directory: Path) -> None:
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".fetch-") as temporary:
            whole = Path(temporary) / "jars"
            whole.mkdir()
            with ThreadPoolExecutor(DOWNLOADS) as pool:
                list(pool.map(lambda jar: fetch(jar, Path(temporary) / "repository", whole), jars))
            shutil.rmtree(directory, ignore_errors=True)
            whole.chmod(0o755)
            whole.rename(directory)
    except OSError as error:
        if is_complete(directory, jars):  # another process has downloaded them meanwhile
            return
        raise StartError(
            f"cannot keep Kafka's jars in {directory}: {error.strerror or error}. Make room, or run `make setup` again."
        ) from None


def _pin(coordinates: str, files: dict[str, Path]) -> Jar:
    path = files["{1}-{2}.jar".format(*coordinates.split(":"))]
    return Jar(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), size=path.stat().st_size, coordinates=coordinates)


if __name__ == "__main__":
    main(sys.argv[1:])
