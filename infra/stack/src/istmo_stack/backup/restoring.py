"""Restoring a backup: brought out beside the stack, checked whole, and only then put in place of what is there."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from istmo_stack import control
from istmo_stack.backup.archive import read_archive
from istmo_stack.backup.manifest import Kind, Manifest
from istmo_stack.backup.taking import LOG, OF_A_RUN, cluster_of
from istmo_stack.errors import ChildError, RestoreRefused, StackRunning
from istmo_stack.folder import DataFolder, write_private
from istmo_stack.leftovers import end_leftovers
from istmo_stack.ports import free_port
from istmo_stack.postgres import LocalPostgres
from istmo_stack.postgres_home import PostgresHome

__all__ = ["restore"]

_STAGING = ".restoring-"
_TELLING_SECONDS = 120.0


def restore(
    folder: DataFolder, source: Path, kind: Kind, *, replace: bool, report: Callable[[str], object]
) -> tuple[Kind, Manifest]:
    """Put a backup into `folder`: all that it holds, or its PostgreSQL alone; which it was. The stack is left stopped.

    What is there is overwritten, and a running stack stopped, only if `replace`. Raises `ArchiveBroken` and
    `RestoreRefused` with nothing touched; ChildError where what was restored does not start.
    """
    if folder.holder() is not None:
        if not replace:
            raise RestoreRefused(f"a stack runs in {folder.root}; --replace stops it and overwrites what it stored")
        report("Stopping the stack")
        control.stop(folder)
    try:
        with folder.held():
            end_leftovers(folder)
            return _restore(folder, source, kind, replace, report)
    except StackRunning:
        raise RestoreRefused(f"a stack starts in {folder.root}") from None


def _restore(
    folder: DataFolder, source: Path, kind: Kind, replace: bool, report: Callable[[str], object]
) -> tuple[Kind, Manifest]:
    for left in folder.root.glob(f"{_STAGING}*"):
        shutil.rmtree(left)
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder.root))
    try:
        report("Checking the backup")
        manifest = read_archive(source, staging)
        manifest.check_versions()
        if kind == "all" and manifest.kind == "postgres":
            kind = "postgres"
        _check(folder, staging, manifest, kind, replace)
        report("Putting it in place")
        write_private(folder.restoring_file, str(source.resolve()))
        _put_in_place(folder, staging, kind)
        report("Telling subscribers' lists that they were restored")
        _tell_notify(folder)
        folder.restoring_file.unlink()
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return kind, manifest


def _check(folder: DataFolder, staging: Path, manifest: Manifest, kind: Kind, replace: bool) -> None:
    replaced = ("postgres",) if kind == "postgres" else ("handle.key", "kafka", "postgres")
    there = [name for name in replaced if (folder.root / name).exists()]
    if there and not replace:
        raise RestoreRefused(f"{folder.root} holds a stack already ({', '.join(there)}); --replace overwrites it")
    if kind == "all":
        return
    # The log stays: the tables must be of the same, and the ids of programmes must stay what they were.
    cluster = cluster_of(folder)
    if cluster is None and not os.environ.get("ISTMO_KAFKA"):
        raise RestoreRefused(f"there is no log in {folder.root}, and the backup is to bring PostgreSQL alone")
    if cluster is not None and cluster != manifest.cluster:
        raise RestoreRefused(
            f"the tables had read a log with the id {manifest.cluster}, the one in {folder.root} is {cluster}: "
            "restore log and tables of one backup, or have the registry fold this log anew"
        )
    key, backed_up = folder.handle_key_file, staging / folder.handle_key_file.name
    if key.exists() and backed_up.exists() and key.read_text() != backed_up.read_text():
        raise RestoreRefused("the backup has another handle.key: every programme would get another id")


def _put_in_place(folder: DataFolder, staging: Path, kind: Kind) -> None:
    postgres = folder.root / "postgres"
    PostgresHome(postgres).remove()
    server = staging / "server"
    (staging / "postgres" / "server").rename(server)
    if kind == "all":
        kept = OF_A_RUN | {folder.restoring_file.name, staging.name}
        for path in folder.root.iterdir():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(staging.iterdir()):
        new = folder.root / path.name
        if path != server and not new.exists() and (kind == "all" or path.name != LOG.partition("/")[0]):
            path.rename(new)
    PostgresHome(postgres).take(server)


def _tell_notify(folder: DataFolder) -> None:
    """Numbers of lists that were told after the backup are told to be another epoch's (`istmo_notify restored`)."""
    postgres = LocalPostgres(folder.root / "postgres", free_port(), log_path=folder.logs / "postgres.log")
    try:
        postgres.start()
        postgres.wait_healthy()
        done = subprocess.run(
            [sys.executable, "-m", "istmo_notify", "restored"],
            env={**os.environ, "ISTMO_POSTGRES_URL": postgres.url},
            capture_output=True,
            text=True,
            timeout=_TELLING_SECONDS,
            check=False,
        )
    finally:
        postgres.stop()
    if done.returncode != 0:
        raise ChildError(f"the restored lists could not be closed: {done.stderr[-2000:]}")
