"""The README's tour, run as it stands there."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from istmo_support.platform import Platform

_ROOT: Final = Path(__file__).parents[2]
_PORTS: Final = {"8701": "ingest", "8702": "registry", "8703": "notify"}


def _tour() -> list[tuple[str, list[str]]]:
    """The blocks of the tour in order, each with the lines that the README says it prints."""
    text = (_ROOT / "README.md").read_text()
    found = re.findall(r"^```sh tour\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", text, re.MULTILINE | re.DOTALL)
    return [(block, promised.splitlines()) for block, promised in found]


@pytest.mark.timeout(600)
def test_the_tour_of_the_readme_prints_what_it_says(platform: Platform) -> None:
    """A newcomer who types what the README says gets what the README shows."""
    blocks = _tour()
    assert len(blocks) == 9
    script = "\n".join(f"{block}\necho '=== end of block'" for block, _ in blocks)
    for port, service in _PORTS.items():
        script = script.replace(f"http://127.0.0.1:{port}", platform.addresses[service])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=_ROOT,
        env={**platform.environment, "ISTMO_DATA": str(platform.data), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.split("=== end of block\n")
    for (block, promised), output in zip(blocks, printed, strict=False):
        assert [line for line in promised if line.strip() not in output] == [], f"{block}\n{output}"
