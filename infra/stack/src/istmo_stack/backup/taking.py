"""Taking a backup: everything is stopped in order, so that log and tables are of one moment, and copied cold.

PostgreSQL is started alone for a moment first: it says where its readers stand, and what an earlier fall left is
recovered before it is copied.
"""

import importlib.metadata
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from istmo_stack import control
from istmo_stack.backup.archive import Source, write_archive
from istmo_stack.backup.manifest import FORMAT, Kind, Manifest, kafka_version, postgres_version
from istmo_stack.errors import BackupRefused
from istmo_stack.folder import DataFolder
from istmo_stack.leftovers import end_leftovers
from istmo_stack.ports import free_port
from istmo_stack.postgres import LocalPostgres

__all__ = ["LOG", "OF_A_RUN", "back_up", "cluster_of", "running_workers"]

LOG: Final = "kafka/log"

OF_A_RUN: Final = frozenset({"lock", "logs", "ports.json", "run", "stack.json", "state.json"})
"""What of a data folder belongs to one run on one machine, not to the stack."""

# Accepted ids live in Valkey, and are no part of a backup: they would call a report known that a restored log lacks.
_LEFT_OUT: Final = OF_A_RUN | {"kafka", "postgres", "restoring", "valkey"}

_POSITIONS: Final = "SELECT topic, partition, position, last_event, cluster FROM {}.offsets ORDER BY topic, partition"
_SCHEMAS: Final = """
    SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'offsets' AND c.relkind = 'r' ORDER BY 1"""


def back_up(folder: DataFolder, target: Path, kind: Kind, report: Callable[[str], object]) -> Manifest:
    """Write a backup of the stack in `folder` to the new file `target`. A running stack is down meanwhile.

    `report` hears each step. Raises `BackupRefused` before anything was stopped; ChildError, OSError.
    """
    _check(folder, target, kind)
    workers = running_workers(folder)
    if workers is not None:
        report("Stopping the stack")
        control.stop(folder)
    try:
        with folder.held():
            folder.check_whole()
            end_leftovers(folder)
            manifest = _write(folder, target, kind, report)
    finally:
        if workers is not None:
            control.start_detached(folder, workers, report)
    return manifest


def running_workers(folder: DataFolder) -> str | None:
    """How many of each worker the running stack was asked for, as `istmo up` reads it; None where none runs."""
    if folder.holder() is None:
        return None
    names = (name.rpartition("-") for name in folder.state().get("processes", {}))
    counts = Counter(worker for worker, _, number in names if worker and number.isdecimal())
    return ",".join(f"{worker}={count}" for worker, count in sorted(counts.items()))


def cluster_of(folder: DataFolder) -> str | None:
    """The id of the log in a data folder; None where there is none."""
    try:
        lines = (folder.root / LOG / "meta.properties").read_text().splitlines()
    except FileNotFoundError:
        return None
    return next((line.partition("=")[2] for line in lines if line.startswith("cluster.id=")), None)


def _check(folder: DataFolder, target: Path, kind: Kind) -> None:
    if target.exists():
        raise BackupRefused(f"{target} exists already; a backup overwrites nothing")
    if not target.parent.is_dir():
        raise BackupRefused(f"there is no folder {target.parent}")
    if not (folder.root / "postgres" / "password").exists():
        raise BackupRefused(f"{folder.root} holds no PostgreSQL of its own")
    if kind == "all" and cluster_of(folder) is None:
        raise BackupRefused(f"{folder.root} holds no Kafka of its own")


def _write(folder: DataFolder, target: Path, kind: Kind, report: Callable[[str], object]) -> Manifest:
    report("Asking PostgreSQL where its readers stand")
    postgres = LocalPostgres(folder.root / "postgres", free_port(), log_path=folder.logs / "postgres.log")
    postgres.start()
    try:
        postgres.wait_healthy()
        positions = _positions(postgres.url)
    finally:
        postgres.stop()
    made: list[Manifest] = []

    def manifest(sums: Mapping[str, str]) -> Manifest:
        made.append(
            Manifest(
                format=FORMAT,
                kind=kind,
                taken=datetime.now(UTC).isoformat(timespec="seconds"),
                istmo=importlib.metadata.version("istmo"),
                kafka=kafka_version(),
                postgres=postgres_version(),
                cluster=cluster_of(folder),
                handle_key=folder.handle_key_file.name in sums,
                positions=positions,
                files=sums,
            )
        )
        return made[0]

    report("Copying")
    write_archive(target, _sources(folder, postgres.home.tables.parent, kind), manifest)
    return made[0]


def _positions(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(url) as connection:
        schemas = [name for (name,) in connection.execute(_SCHEMAS).fetchall()]
        return {
            schema: connection.execute(sql.SQL(_POSITIONS).format(sql.Identifier(schema))).fetchall()
            for schema in schemas
        }


def _sources(folder: DataFolder, server: Path, kind: Kind) -> Iterator[Source]:
    for path in sorted(folder.root.iterdir()):
        if path.name not in _LEFT_OUT and not path.name.startswith("."):
            yield from _tree(path.name, path)
    yield Source("postgres/password", folder.root / "postgres" / "password")
    yield from _tree("postgres/server", server)
    if kind == "all":
        yield from _tree(LOG, folder.root / LOG)


def _tree(name: str, root: Path) -> Iterator[Source]:
    yield Source(name, root)
    if not root.is_dir() or root.is_symlink():
        return
    for found in sorted(os.scandir(root), key=lambda entry: entry.name):
        # Locks of the processes that had the files open.
        if found.name != ".lock":
            yield from _tree(f"{name}/{found.name}", Path(found.path))
