"""The jars of Kafka and their cache."""

from pathlib import Path

import pytest

from istmo_stack.errors import JarMismatch
from istmo_stack.jars import ensure_jars, keep, read_lock


def test_every_jar_has_one_version_and_a_sum() -> None:
    """Two machines run the same broker, byte for byte."""
    jars = read_lock()
    assert (46, 46) == (len(jars), len({(jar.group, jar.artifact) for jar in jars}))
    assert [] == [jar for jar in jars if len(bytes.fromhex(jar.sha256)) != 32 or jar.size <= 0]


def test_kafka_and_its_own_libraries_are_of_one_release() -> None:
    """A broker never runs with the clients of another release."""
    assert {"4.3.1"} == {jar.version for jar in read_lock() if jar.group == "org.apache.kafka"}


def test_a_jar_with_another_content_is_not_kept(tmp_path: Path) -> None:
    """A tampered download is refused by name, and the cache stays without it."""
    draft = tmp_path / "draft.jar"
    draft.write_bytes(b"something else")
    jar = read_lock()[0]
    with pytest.raises(JarMismatch, match=f"{jar.artifact}:{jar.version} has SHA-256"):
        keep(jar, draft, tmp_path)
    assert not (tmp_path / jar.filename).exists()


def test_a_full_cache_needs_no_network(tmp_path: Path) -> None:
    """The second start works offline."""
    (tmp_path / "jars").mkdir()
    expected = [tmp_path / "jars" / jar.filename for jar in read_lock()]
    for path in expected:
        path.touch()
    assert expected == ensure_jars(tmp_path)
