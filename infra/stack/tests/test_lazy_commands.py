"""The list of commands, and what they import."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final, cast

import pytest
import typer

from istmo.lazy import LazyCommand
from istmo.main import app

_COMMANDS: dict[str, LazyCommand] = cast("Any", typer.main.get_command(app)).commands
_PROGRAM: Final = "import atexit, sys; from istmo.main import app; atexit.register(lambda: print(*sys.modules)); app()"


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_the_list_says_what_each_command_says_of_itself(name: str) -> None:
    """Whoever looks at `istmo --help` reads the first sentence of every command's own page."""
    listed, own = _COMMANDS[name], _COMMANDS[name].load()
    assert (name, listed.help) == (own.name, " ".join((own.help or "").split("\n\n")[0].split()))


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        (["--help"], {"aiokafka", "httpx", "psycopg", "pydantic", "lxml"}),
        (["status"], {"aiokafka", "psycopg", "lxml", "jgo"}),
        (["down"], {"aiokafka", "httpx", "psycopg", "lxml", "jgo"}),
    ],
)
def test_a_command_does_not_load_what_others_need(words: list[str], unused: set[str], tmp_path: Path) -> None:
    """A look at the help, or at how things are, does not wait for clients of Kafka and PostgreSQL to load."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert ("typer" in loaded, set()) == (True, unused & loaded)
