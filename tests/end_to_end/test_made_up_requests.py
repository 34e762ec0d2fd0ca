"""Requests made up from the services' own OpenAPI, good ones and bad ones, at the running platform."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from istmo_support.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

LONG: Final = os.environ.get("ISTMO_MADE_UP") == "long"
"""Every reader at every service, with what only covers a schema systematically; some minutes (`make soak`)."""
_CONFIG: Final = Path(__file__).with_name("schemathesis.toml")
_SHORT: Final = [("ingest", "partner"), ("registry", "operator"), ("notify", "partner")]
_ALL: Final = [
    (service, reader) for service in ("ingest", "registry", "notify") for reader in ("partner", "operator", "public")
]


@pytest.fixture(scope="module")
def keys(platform: Platform) -> dict[str, str]:
    """What each kind of reader sends as `Authorization`; the public has none that anyone knows."""
    operator = Path(platform.addresses["admin_key_file"]).read_text().strip()
    partner = platform.add_partner("Made-up requests", "XI-MADE-UP")
    return {"operator": f"Bearer {operator}", "partner": partner["Authorization"], "public": ""}


@pytest.mark.parametrize(("service", "reader"), _ALL if LONG else _SHORT)
def test_made_up_requests_are_answered_as_documented(
    platform: Platform, keys: dict[str, str], service: str, reader: str, tmp_path: Path
) -> None:
    """Whatever a client sends, it gets an answer that the documentation foresees, and never an internal error."""
    config = _CONFIG.read_text(encoding="utf-8")
    if reader == "public":
        config = config.replace('headers = { Authorization = "${ISTMO_TRIED_WITH}" }\n', "")
    file = tmp_path / "schemathesis.toml"
    file.write_text(config, encoding="utf-8")
    phases = ["examples", "coverage", "fuzzing", "stateful"] if LONG else ["examples", "fuzzing"]
    command = [str(Path(sys.executable).parent / "st"), "--config-file", str(file), "run"]
    command += [
        f"{platform.addresses[service]}/openapi.json",
        "--seed",
        "1",
        "--max-examples",
        "20" if LONG else "5",
    ]
    done = subprocess.run(
        [*command, "--phases", ",".join(phases)],
        env={**os.environ, "ISTMO_TRIED_WITH": keys[reader], "PYTHONWARNINGS": "default"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
