"""A backup's file: whole or refused, readable by its owner alone, and nothing comes out of it beside its folder."""

import io
import stat
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from istmo_stack.backup.archive import Source, read_archive, write_archive
from istmo_stack.backup.manifest import FORMAT, Manifest, kafka_version, postgres_version
from istmo_stack.backup.restoring import restore
from istmo_stack.backup.taking import back_up
from istmo_stack.errors import ArchiveBroken, BackupRefused, RestoreInterrupted, RestoreRefused
from istmo_stack.folder import DataFolder

SECRET = "".join(sha256(bytes([number])).hexdigest() for number in range(256))


def _manifest(sums: Mapping[str, str]) -> Manifest:
    return Manifest(
        FORMAT, "postgres", "2026-01-01T00:00:00+00:00", "0", kafka_version(), postgres_version(), "c", False, {}, sums
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small backup: a folder, an empty folder, a closed file."""
    tree = tmp_path / "tree"
    (tree / "empty").mkdir(parents=True)
    (tree / "secret").write_text(SECRET)
    (tree / "secret").chmod(0o600)
    sources = [Source("a", tree), Source("a/empty", tree / "empty"), Source("a/secret", tree / "secret")]
    write_archive(tmp_path / "backup", sources, _manifest)
    return tmp_path / "backup"


def _out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_what_goes_in_comes_out_with_its_mode(archive: Path, tmp_path: Path) -> None:
    """Secrets stay closed to others, in the archive and after it; empty folders, which PostgreSQL needs, are kept."""
    out = _out(tmp_path)
    manifest = read_archive(archive, out)
    assert 0o600 == stat.S_IMODE(archive.stat().st_mode)
    assert (0o600, SECRET) == (stat.S_IMODE((out / "a/secret").stat().st_mode), (out / "a/secret").read_text())
    assert ((out / "a/empty").is_dir(), ["a/secret"]) == (True, list(manifest.files))
    assert not archive.with_name("backup.part").exists()


@pytest.mark.parametrize("kept", [0, 1, 40, 150, -9, -1])
def test_a_file_that_was_cut_off_is_refused(archive: Path, tmp_path: Path, kept: int) -> None:
    """Half a backup is never taken for a whole one, wherever it ends."""
    archive.write_bytes(archive.read_bytes()[:kept])
    with pytest.raises(ArchiveBroken):
        read_archive(archive, _out(tmp_path))


def test_a_damaged_file_is_refused(archive: Path, tmp_path: Path) -> None:
    """A flipped bit is noticed, wherever it means anything."""
    content, refused = archive.read_bytes(), 0
    for place in range(20, len(content), max(1, len(content) // 40)):
        archive.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        out = tmp_path / f"out-{place}"
        out.mkdir()
        try:
            read_archive(archive, out)
        except ArchiveBroken:
            refused += 1
        else:
            # What the compression spells in two ways is the same all the same.
            assert (out / "a/secret").read_text() == SECRET
    assert refused >= 38


def test_a_file_that_is_not_the_one_backed_up_is_refused(tmp_path: Path) -> None:
    """The checksums of the manifest are compared, not only those of the compression."""
    (tmp_path / "one").write_text("1")
    wrong = Source("one", tmp_path / "one")
    write_archive(tmp_path / "backup", [wrong], lambda sums: _manifest(dict.fromkeys(sums, "0" * 64)))
    with pytest.raises(ArchiveBroken, match="one is missing, too many, or not what was backed up"):
        read_archive(tmp_path / "backup", _out(tmp_path))


def _member(name: str, change: Callable[[tarfile.TarInfo], None]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = 1
        change(info)
        tar.addfile(info, io.BytesIO(b"x"))
    return made.getvalue()


def _link(info: tarfile.TarInfo) -> None:
    info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc", 0


@pytest.mark.parametrize(
    ("name", "change"),
    [("../out-of-it", lambda _: None), ("/etc/x", lambda _: None), ("a/../../x", lambda _: None), ("link", _link)],
)
def test_nothing_comes_out_beside_the_folder(
    tmp_path: Path, name: str, change: Callable[[tarfile.TarInfo], None]
) -> None:
    """A file that somebody made to overwrite others is refused: paths that lead out, and links."""
    (tmp_path / "backup").write_bytes(_member(name, change))
    with pytest.raises(ArchiveBroken):
        read_archive(tmp_path / "backup", _out(tmp_path))
    assert ["backup", "out"] == sorted(path.name for path in tmp_path.iterdir())
    assert [] == list((tmp_path / "out").iterdir())


def test_servers_that_could_not_read_it_are_told_before(archive: Path, tmp_path: Path) -> None:
    """Tables of another PostgreSQL, or a log of a newer Kafka, are refused with both versions named."""
    manifest = read_archive(archive, _out(tmp_path))
    with pytest.raises(RestoreRefused, match="PostgreSQL 17"):
        replace(manifest, postgres="17.2").check_versions()
    with pytest.raises(RestoreRefused, match=r"Kafka 99\.0\.0"):
        replace(manifest, kind="all", kafka="99.0.0").check_versions()
    manifest.check_versions()


def test_a_refused_restore_touches_nothing(archive: Path, tmp_path: Path) -> None:
    """Neither a damaged file, nor a backup of another log, nor a missing --replace changes what is there."""
    root = tmp_path / "data"
    (root / "postgres").mkdir(parents=True)
    (root / "kafka/log").mkdir(parents=True)
    (root / "kafka/log/meta.properties").write_text("version=1\ncluster.id=other\n")
    (root / "postgres/password").write_text("p")
    folder = DataFolder(root)
    before = {path for path in root.rglob("*") if path.is_file()}
    with pytest.raises(RestoreRefused, match="--replace"):
        restore(folder, archive, "all", replace=False, report=lambda _: None)
    with pytest.raises(RestoreRefused, match="a log with the id c, the one in"):
        restore(folder, archive, "postgres", replace=True, report=lambda _: None)
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(ArchiveBroken):
        restore(folder, archive, "postgres", replace=True, report=lambda _: None)
    assert before == {path for path in root.rglob("*") if path.is_file() and path.name != "lock"}


def test_a_restore_that_ended_half_way_is_not_started(tmp_path: Path) -> None:
    """What is of two moments does not run: the folder says which restore to run again."""
    folder = DataFolder(tmp_path)
    folder.check_whole()
    folder.restoring_file.write_text("/backups/one")
    with pytest.raises(RestoreInterrupted, match="istmo restore /backups/one --replace"):
        folder.check_whole()


def test_a_backup_is_refused_before_anything_stops(tmp_path: Path) -> None:
    """An existing file is not overwritten, and servers that are not the stack's own are not backed up by it."""
    (tmp_path / "there").write_text("")
    folder = DataFolder(tmp_path / "data")
    with pytest.raises(BackupRefused, match="overwrites nothing"):
        back_up(folder, tmp_path / "there", "all", lambda _: None)
    with pytest.raises(BackupRefused, match="no PostgreSQL of its own"):
        back_up(folder, tmp_path / "new", "all", lambda _: None)
    assert not (tmp_path / "new").exists()
