"""`istmo import --complete`: what an earlier complete file had and this one lacks."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from istmo.main import app

File = Callable[..., Path]
Ingest = Any  # conftest's IngestAlone, which cannot be imported from here


def run(ingest: Ingest, file: Path, *options: str) -> Result:
    words = ["import", str(file), "--marking", "CLEAR", "--language", "en", "--data", str(ingest.data), *options]
    return CliRunner().invoke(app, words, catch_exceptions=False)


def reporter(file: Path) -> str:
    """Who reports in this file."""
    return f"XI-ONG-{file.stem.split('-')[1]}"


def withdrawn(ingest: Ingest, file: Path) -> list[str]:
    """The last digits of the activities that were withdrawn by imports of this file."""
    events = [event for event in ingest.recorded(file) if event.type == "activity.withdrawn"]
    return sorted(json.loads(event.data)["activity"].rpartition("-")[2] for event in events)


def test_without_a_terminal_they_are_kept_and_listed(ingest: Ingest, iati_file: File) -> None:
    """A nightly import withdraws nothing of itself, says each time what is missing, and does not fail for it."""
    first = iati_file(4)
    run(ingest, first, "--complete")
    second = iati_file(4, like=first, without={2}, refused={3})
    third = iati_file(4, like=first, without={2})
    done, again = run(ingest, second, "--complete"), run(ingest, third, "--complete")
    alone = run(ingest, iati_file(4, like=first, without={1}))
    (journal,) = ingest.imports(second)

    assert (3, 0, []) == (done.exit_code, again.exit_code, withdrawn(ingest, second)), done.output
    assert ("finished", True) == (journal["state"], journal["complete"])
    for told in (done.stdout, again.stdout):
        # The third was refused: it is in the file.
        assert [2] == [n for n in (1, 2, 3, 4) if f"  {reporter(first)} {reporter(first)}-{n}\n" in told]
        assert "they were kept:" in told
    assert "they were kept:" not in alone.stdout


def test_they_are_withdrawn_once_and_come_back_with_the_import(ingest: Ingest, iati_file: File) -> None:
    """What a complete file lacks is withdrawn within its import, so that undoing the import undoes that too."""
    first = iati_file(3)
    run(ingest, first, "--complete")
    second = iati_file(3, like=first, without={1, 3})
    done = run(ingest, second, "--complete", "--missing", "withdraw")
    third = iati_file(4, like=first, without={1, 3})
    after = run(ingest, third, "--complete", "--missing", "withdraw")
    (made,) = ingest.imports(second)
    undone = CliRunner().invoke(
        app, ["import", "--withdraw", made["import_id"], "--language", "en", "--data", str(ingest.data)]
    )
    fourth = iati_file(5, like=first, without={1, 3})
    run(ingest, fourth, "--complete", "--missing", "withdraw")

    assert (0, ["1", "3"]) == (done.exit_code, withdrawn(ingest, second)), done.output
    assert "they were withdrawn:" in done.stdout
    assert (0, []) == (after.exit_code, withdrawn(ingest, third))
    assert (0, ["1", "3"]) == (undone.exit_code, withdrawn(ingest, fourth))


def test_an_element_without_a_name_leaves_the_file_incomplete(ingest: Ingest, iati_file: File) -> None:
    """An activity whose identifier was lost is not taken for a missing one."""
    first = iati_file(2)
    run(ingest, first, "--complete")
    second = iati_file(2, like=first)
    named = f"<iati-identifier>{reporter(first)}-2<"
    second.write_text(second.read_text().replace(named, "<iati-identifier><"))
    done = run(ingest, second, "--complete", "--missing", "withdraw")
    (made,) = ingest.imports(second)

    assert (3, [], False) == (done.exit_code, withdrawn(ingest, second), made["complete"])
    assert "does not count as complete" in done.stdout


def test_at_a_terminal_they_are_asked_about(ingest: Ingest, iati_file: File) -> None:
    """A clerk decides about all that is missing at once, or about each, in the language of the command."""
    first = iati_file(4)
    run(ingest, first, "--complete")
    second = iati_file(4, like=first, without={2, 4})
    words = ["import", str(second), "--marking", "CLEAR", "--complete", "--language", "es", "--data", str(ingest.data)]
    ours, theirs = pty.openpty()
    try:
        begun = subprocess.Popen(
            [sys.executable, "-c", "from istmo.main import app; app()", *words],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # All, none or each: each. Then the one is kept, the other withdrawn.
        os.write(ours, b"3\n2\n1\n")
        said, asked = begun.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)

    assert (0, ["4"]) == (begun.returncode, withdrawn(ingest, second)), asked
    assert "3 pregunta por cada una" in asked
    assert all(words in said for words in ("y se conservaron:", "y se retiraron:"))


@pytest.mark.parametrize(
    "words",
    [
        ["FILE", "--marking", "CLEAR", "--missing", "keep"],
        ["FILE"],
        [],
        ["FILE", "--withdraw", "0190aaaa-0000-7000-8000-000000000001"],
        ["--complete", "--withdraw", "0190aaaa-0000-7000-8000-000000000001"],
    ],
)
def test_what_does_not_go_together_is_told(ingest: Ingest, iati_file: File, words: list[str]) -> None:
    """A command that could mean two things does neither."""
    file = iati_file(1)
    words = [str(file) if word == "FILE" else word for word in words]
    done = CliRunner().invoke(app, ["import", *words, "--data", str(ingest.data)])

    assert (2, []) == (done.exit_code, ingest.imports(file))
