"""The file itself: a compressed tar, written to its end or not at all, and read into a folder of its own.

Nothing but plain files and folders goes in or comes out, and nothing comes out beside the folder that is named.
"""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Final

from istmo_stack.backup.manifest import Manifest
from istmo_stack.errors import ArchiveBroken, BackupRefused

__all__ = ["Source", "read_archive", "write_archive"]

_MANIFEST: Final = "manifest.json"
_LARGEST_MANIFEST_BYTES: Final = 256 * 1024 * 1024
_PIECE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class Source:
    """A file or folder, and its name in the archive, with slashes."""

    name: str
    path: Path


def write_archive(target: Path, sources: Iterable[Source], manifest: Callable[[Mapping[str, str]], Manifest]) -> None:
    """Write `target`, for its owner alone. `manifest` is asked last, with the SHA-256 of each file by name.

    Raises `BackupRefused` for what is neither a file nor a folder, OSError where the disk is full.
    """
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with (
                gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, filename="") as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                sums = {source.name: digest for source in sources if (digest := _add(tar, source)) is not None}
                _add_text(tar, _MANIFEST, manifest(sums).to_json())
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, source: Source) -> str | None:
    found = source.path.lstat()
    info = tarfile.TarInfo(source.name)
    info.mode, info.mtime = found.st_mode & 0o777, int(found.st_mtime)
    if source.path.is_symlink() or not (source.path.is_dir() or source.path.is_file()):
        raise BackupRefused(f"{source.path} is neither a file nor a folder, and a backup holds nothing else")
    if source.path.is_dir():
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
        return None
    info.size = found.st_size
    with source.path.open("rb") as content:
        summing = _Summing(content)
        tar.addfile(info, summing)
        return summing.sha256.hexdigest()


def _add_text(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.mode, info.size = 0o600, len(content)
    tar.addfile(info, BytesIO(content))


class _Summing:
    """A file that sums up what is read of it."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self.sha256.update(piece)
        return piece


def read_archive(source: Path, folder: Path) -> Manifest:
    """Bring everything out into `folder`, which must be empty, modes and times kept; the manifest.

    Raises `ArchiveBroken` where the file is cut off or damaged or holds what no backup does, `RestoreRefused` for a
    format of another program.
    """
    sums: dict[str, str] = {}
    stated = None
    modes: list[tuple[Path, int]] = []
    try:
        with gzip.open(source) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            for member in tar:
                if member.name == _MANIFEST:
                    stated = _text(tar, member)
                    continue
                path = _inside(folder, member.name)
                if member.isdir():
                    path.mkdir(mode=0o700, parents=True, exist_ok=True)
                    modes.append((path, member.mode & 0o777))
                else:
                    sums[member.name] = _bring_out(tar, member, path)
            _read_to_end(packed)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError) as error:
        raise ArchiveBroken("it is cut off, damaged, or no backup") from error
    if stated is None:
        raise ArchiveBroken("it is cut off: its manifest is missing")
    manifest = Manifest.read(stated)
    if manifest.files != sums:
        wrong = sorted(manifest.files.items() ^ sums.items())
        raise ArchiveBroken(f"{wrong[0][0]} is missing, too many, or not what was backed up")
    # Last, and the innermost first: a folder may be closed to writing.
    for path, mode in reversed(modes):
        path.chmod(mode)
    return manifest


def _inside(folder: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise ArchiveBroken("it names a file outside of the data folder")
    return folder.joinpath(*parts)


def _bring_out(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise ArchiveBroken("it holds something that is neither a file nor a folder")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sha256 = hashlib.sha256()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, member.mode & 0o777)
    except FileExistsError:
        raise ArchiveBroken("it holds a file twice") from None
    with os.fdopen(descriptor, "wb") as kept:
        while piece := content.read(_PIECE_BYTES):
            sha256.update(piece)
            kept.write(piece)
    os.utime(path, (member.mtime, member.mtime))
    return sha256.hexdigest()


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(member) if member.isreg() and member.size <= _LARGEST_MANIFEST_BYTES else None
    if content is None:
        raise ArchiveBroken("its manifest cannot be read")
    return content.read()


def _read_to_end(packed: gzip.GzipFile) -> None:
    """So that the checksum of the compressed whole is compared too."""
    while packed.read(_PIECE_BYTES):
        pass
