"""Whose key an import is sent with."""

from pathlib import Path

import pytest

from istmo.importing.keys import NoKey, find_key


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a stack with the desk's key and a ministry's; the environment has none."""
    monkeypatch.delenv("ISTMO_KEY", raising=False)
    (tmp_path / "partners").mkdir()
    (tmp_path / "desk.key").write_text("istmo_desk_1\n")
    (tmp_path / "partners" / "hn.key").write_text("istmo_hn_1\n")
    return tmp_path


def test_the_desk_unless_another_is_named(data: Path) -> None:
    """Whoever just started a stack imports as the desk, and as another partner by its name."""
    assert ["istmo_desk_1", "istmo_desk_1", "istmo_hn_1"] == [
        find_key(data, partner, None) for partner in (None, "desk", "hn")
    ]


def test_a_key_from_a_file_or_the_environment(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the stack does not keep is named by a file or by the environment."""
    (data / "own").write_text("istmo_sv_1")
    monkeypatch.setenv("ISTMO_KEY", "istmo_gt_1")

    assert ["istmo_sv_1", "istmo_gt_1"] == [find_key(data, None, data / "own"), find_key(data, "gt", None)]


def test_another_partners_key_is_not_used(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report never goes out under another name than the one that was asked for."""
    monkeypatch.setenv("ISTMO_KEY", "istmo_gt_1")
    with pytest.raises(NoKey, match="not one of sv"):
        find_key(data, "sv", None)


def test_without_a_key_it_says_where_it_looked(data: Path) -> None:
    """The answer to a missing key is where to put it."""
    with pytest.raises(NoKey, match="ISTMO_KEY"):
        find_key(data, "sv", None)
    with pytest.raises(NoKey, match="cannot be read"):
        find_key(data, None, data / "nothing")
