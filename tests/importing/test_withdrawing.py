"""`istmo import --withdraw` against a running ingest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner, Result

from istmo.main import app

File = Callable[..., Path]
Ingest = Any  # conftest's IngestAlone, which cannot be imported from here


def run(ingest: Ingest, *words: str) -> Result:
    return CliRunner().invoke(
        app, ["import", *words, "--language", "en", "--data", str(ingest.data)], catch_exceptions=False
    )


def test_an_import_is_withdrawn(ingest: Ingest, iati_file: File) -> None:
    """The summary of an import says how to take it back; taking it back twice is as good as once."""
    file = iati_file(2)
    done = run(ingest, str(file), "--marking", "CLEAR")
    (made,) = ingest.imports(file)
    first, second = run(ingest, "--withdraw", made["import_id"]), run(ingest, "--withdraw", made["import_id"])
    (shown,) = ingest.imports(file)
    again = run(ingest, str(file), "--marking", "CLEAR")

    assert f"istmo import --withdraw {made['import_id']}" in done.stdout
    assert (0, 0, "withdrawn") == (first.exit_code, second.exit_code, shown["state"])
    assert f"of the file {file.name}, begun {made['opened']}, is withdrawn." in first.stdout
    assert "2 activities, with 2 transactions." in first.stdout
    assert "was withdrawn already." in second.stdout
    assert (0, 2) == (again.exit_code, len(ingest.imports(file)))


def test_another_partners_import_is_none(ingest: Ingest, iati_file: File) -> None:
    """Nobody takes back what another imported, nor learns that it is there."""
    file = iati_file(1)
    run(ingest, str(file), "--marking", "CLEAR")
    (made,) = ingest.imports(file)
    tried = [
        run(ingest, "--withdraw", name, "--key-file", str(ingest.other_key_file))
        for name in (made["import_id"], "0190aaaa-0000-7000-8000-00000000ffff", "../events", "no id")
    ]

    assert {(1, tried[0].stderr)} == {(each.exit_code, each.stderr) for each in tried}
    assert "finished" == ingest.imports(file)[0]["state"]


def test_an_import_that_broke_off_is_withdrawn(ingest: Ingest, iati_file: File) -> None:
    """What came in of a broken file is taken back too, and the import takes no more reports."""
    file = iati_file(2, end="<iati-activity>")
    run(ingest, str(file), "--marking", "CLEAR")
    (made,) = ingest.imports(file)
    done = run(ingest, "--withdraw", made["import_id"])
    finish = httpx.post(
        f"{ingest.url}/v1/imports/{made['import_id']}/finish",
        headers=ingest.headers,
        json={"accepted": 2, "duplicates": 0, "refused": 0, "transactions": 2},
    )

    assert (0, "withdrawn") == (done.exit_code, finish.json()["state"])
