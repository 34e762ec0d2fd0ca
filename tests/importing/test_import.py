"""`istmo import` against a running ingest."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from istmo.main import app
from istmo_common.catalogue import MESSAGES

_MANY = 3_000
File = Callable[..., Path]
Ingest = Any  # conftest's IngestAlone, which cannot be imported from here


def run(ingest: Ingest, file: Path, *options: str) -> Result:
    words = ["import", str(file), "--marking", "CLEAR", "--language", "en", "--data", str(ingest.data), *options]
    return CliRunner().invoke(app, words, catch_exceptions=False)


def begin(ingest: Ingest, file: Path) -> "subprocess.Popen[bytes]":
    # As a terminal starts it: tests that run in the background may ignore Ctrl-C, and their children with them.
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from istmo.main import app; app()"
    words = [sys.executable, "-c", start, "import", str(file), "--marking", "CLEAR"]
    options = ["--language", "es", "--data", str(ingest.data)]
    return subprocess.Popen([*words, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def interrupt_half_way(ingest: Ingest, file: Path, begun: "subprocess.Popen[bytes]") -> None:
    """Press Ctrl-C when something has come in. It is halted while we look, so that it cannot get to its end."""
    while begun.poll() is None:
        time.sleep(0.02)
        begun.send_signal(signal.SIGSTOP)
        come_in = bool(ingest.recorded(file))
        if come_in:
            # Before it goes on: what is left to do may be little, since ingest was not halted.
            begun.send_signal(signal.SIGINT)
        begun.send_signal(signal.SIGCONT)
        if come_in:
            return


def test_a_file_comes_in(ingest: Ingest, iati_file: File) -> None:
    """A clerk reports a whole file with one command, and reads what it came to and what was left out."""
    file = iati_file(3)
    done = run(ingest, file)
    recorded = ingest.recorded(file)
    (journal,) = ingest.imports(file)

    assert (0, 3) == (done.exit_code, len(recorded)), done.output
    assert ("finished", {"accepted": 3, "duplicates": 0, "refused": 0, "transactions": 3}) == (
        journal["state"],
        journal["counts"],
    )
    for words in ("Activities accepted", "taken as UTC", "iati-activity/result"):
        assert words in done.stdout


def test_a_file_imported_again_is_a_new_import_of_the_same(ingest: Ingest, iati_file: File) -> None:
    """Run twice, both runs succeed, and both report the same activities with the same words."""
    file = iati_file(2)
    first, second = run(ingest, file), run(ingest, file)
    recorded = ingest.recorded(file)

    assert [0, 0] == [first.exit_code, second.exit_code]
    assert 2 == len(ingest.imports(file)) == len({event.data for event in recorded})
    assert len(recorded) == 4


def test_an_interrupted_import_goes_on(ingest: Ingest, iati_file: File) -> None:
    """After Ctrl-C the same command takes up the same import, and nothing stands in the log twice."""
    file = iati_file(_MANY)
    begun = begin(ingest, file)
    try:
        interrupt_half_way(ingest, file, begun)
        _, said = begun.communicate(timeout=60)
    finally:
        begun.kill()
    before = len(ingest.recorded(file))
    done = run(ingest, file)
    recorded = ingest.recorded(file)
    (journal,) = ingest.imports(file)

    assert (130, 0) == (begun.returncode, done.exit_code)
    assert "Ejecute la misma orden otra vez" in said.decode()
    assert 0 < before < _MANY == len(recorded) == len({event.id for event in recorded})
    assert (journal["counts"]["accepted"] + journal["counts"]["duplicates"], "finished") == (_MANY, journal["state"])


def test_a_refused_activity_is_shown_with_its_place(ingest: Ingest, iati_file: File) -> None:
    """What cannot be read is named with its place in the file, what stands there and what would be right."""
    file = iati_file(1, currency="XXY")
    done = run(ingest, file)

    assert (3, []) == (done.exit_code, ingest.recorded(file))
    assert "/iati-activities/iati-activity[1]/transaction/value/@currency = 'XXY'" in done.stdout


def test_a_marking_that_the_partner_may_not_use_is_told_at_once(ingest: Ingest, iati_file: File) -> None:
    """Nothing of a file is sent under a marking that would be refused for every activity in it."""
    file = iati_file(1)
    done = run(ingest, file, "--marking", "AMBER")

    assert (1, []) == (done.exit_code, ingest.imports(file))
    assert "/marking/tlp" in done.stderr


def test_what_ingest_refuses_is_shown_with_its_place(ingest: Ingest, iati_file: File) -> None:
    """A fault that only ingest can know is told at its place in the file, not in the event."""
    done = run(ingest, iati_file(1), "--key-file", str(ingest.other_key_file))

    assert done.exit_code == 3
    assert "/iati-activities/iati-activity[1]/reporting-org/@ref = 'XI-ONG-" in done.stdout


def test_a_file_cut_off(ingest: Ingest, iati_file: File) -> None:
    """Of a broken download everything that can be read comes in, and the place where it breaks is told."""
    file = iati_file(2, end="<iati-activity>")
    done = run(ingest, file)

    assert (3, 2, ["open"]) == (done.exit_code, len(ingest.recorded(file)), [i["state"] for i in ingest.imports(file)])
    assert "The file could not be read to its end." in done.stdout
    assert "The import stays open" in done.stdout


def test_no_file_of_activities(ingest: Ingest, tmp_path: Path) -> None:
    """What is no IATI file at all is told as that, and leaves no import behind."""
    file = tmp_path / "plan.xlsx"
    file.write_bytes(b"PK\x03\x04")
    done = run(ingest, file, "--complete")

    assert (3, []) == (done.exit_code, ingest.imports(file))
    assert "Nothing was imported." in done.stdout


def test_what_ingest_says_comes_in_the_language_asked_for(ingest: Ingest, iati_file: File) -> None:
    """A clerk reads the whole summary in the language of the command, whatever the partner's is."""
    file = iati_file(1)
    done = run(ingest, file, "--key-file", str(ingest.other_key_file), "--language", "es")

    assert "Rechazado:" in done.stdout
    assert MESSAGES["es"]["field.reporter_not_yours.detail"] in done.stdout


@pytest.mark.parametrize(
    ("name", "activities", "transactions", "reporters"),
    [("us_security_HN_GT_SV_CR.xml", 258, 1231, 7), ("multi_publisher_open_licence.xml", 271, 2790, 30)],
)
def test_real_files(
    ingest: Ingest, real_data: Path, name: str, activities: int, transactions: int, reporters: int
) -> None:
    """Files as real publishers write them come in whole, and come in again."""
    file = real_data / "iati" / name
    done = run(ingest, file)
    (journal,) = ingest.imports(file)
    counts = {"accepted": activities, "duplicates": 0, "refused": 0, "transactions": transactions}
    recorded = ingest.recorded(file)

    assert (0, counts) == (done.exit_code, journal["counts"]), done.output
    assert (activities, reporters) == (len(recorded), len({json.loads(event.data)["reporter"] for event in recorded}))
