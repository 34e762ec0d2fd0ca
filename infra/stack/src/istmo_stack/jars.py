"""Kafka's jars: fetched once into a cache of the user's, each checked against its committed SHA-256."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from istmo_stack.errors import JarMismatch, JarUnavailable

__all__ = ["JARS_LOCK", "Jar", "cache_dir", "ensure_jars", "keep", "read_lock"]

JARS_LOCK = Path(__file__).parents[3] / "kafka" / "jars.lock"

_DOWNLOADS_AT_ONCE = 6
_TRIES = 3


@dataclass(frozen=True)
class Jar:
    """One line of jars.lock: Maven coordinates, SHA-256 in hex, size in bytes."""

    group: str
    artifact: str
    version: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        """Its name in the cache, which names its content: a changed lock never meets an old file."""
        return f"{self.artifact}-{self.version}-{self.sha256[:12]}.jar"


def read_lock(path: Path = JARS_LOCK) -> list[Jar]:
    """The jars of a lock file, in its order."""
    jars = []
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinates, digest, size = line.split()
            group, artifact, version = coordinates.split(":")
            jars.append(Jar(group, artifact, version, digest.removeprefix("sha256:"), int(size)))
    return jars


def cache_dir() -> Path:
    """Where downloads are kept between stacks: ISTMO_CACHE, else ~/.cache/istmo."""
    return Path(os.environ.get("ISTMO_CACHE") or Path.home() / ".cache" / "istmo")


def ensure_jars(cache: Path | None = None) -> list[Path]:
    """Paths of all jars, after fetching those that are missing.

    Two runs that start at once do not fetch twice: the second waits for the first. Raises JarMismatch when a jar is
    not the committed one, JarUnavailable when it cannot be had.
    """
    jars = read_lock()
    folder = (cache or cache_dir()) / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(folder / ".lock"):
        missing = [jar for jar in jars if not (folder / jar.filename).exists()]
        if missing:
            _fetch(missing, folder)
    return [folder / jar.filename for jar in jars]


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fetch(jars: list[Jar], folder: Path) -> None:
    from jgo import maven  # noqa: PLC0415 - slow to load, and needed once in the life of a machine

    progress = Progress(
        TextColumn("Fetching Apache Kafka"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with TemporaryDirectory(dir=folder) as drafts, progress, ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
        task = progress.add_task("", total=sum(jar.size for jar in jars))

        @contextlib.contextmanager
        def report(_filename: str, _size: int) -> Iterator[Callable[[int], None]]:
            yield lambda count: progress.advance(task, count)

        resolver = maven.PythonResolver(progress_callback=report)
        context = maven.MavenContext(resolver=resolver, repo_cache=Path(drafts), timeout=60)
        for _ in pool.map(lambda jar: _fetch_one(jar, context, folder), jars):
            pass


def _fetch_one(jar: Jar, context: Any, folder: Path) -> None:
    """Fetch by coordinates alone, so that no dependency file has to be read; a jar appears whole and checked."""
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    for attempt in range(_TRIES):
        try:
            draft: Path = context.resolver.download(artifact)
            break
        except (OSError, RuntimeError) as error:
            artifact.cached_path.unlink(missing_ok=True)
            if attempt == _TRIES - 1:
                raise JarUnavailable(f"{jar.artifact} {jar.version} could not be fetched: {error}") from error
    keep(jar, draft, folder)


def keep(jar: Jar, draft: Path, folder: Path) -> None:
    """Move a jar that came down into the cache. Raises JarMismatch when it is not the committed one."""
    found = hashlib.sha256(draft.read_bytes()).hexdigest()
    if found != jar.sha256:
        raise JarMismatch(f"{jar.group}:{jar.artifact}:{jar.version} has SHA-256 {found}, not {jar.sha256}")
    draft.replace(folder / jar.filename)
