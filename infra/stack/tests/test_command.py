"""`istmo up`, `down`, `status` and `partner`, over the platform's own services."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from istmo import status
from istmo.main import app
from istmo_stack.folder import Addresses, DataFolder
from istmo_stack.progress import Progress
from istmo_stack.testing import Broker, Server

pytestmark = pytest.mark.timeout(300)

_ISTMO = Path(sys.executable).parent / "istmo"
_ADDRESSES = Addresses("http://i", "http://r", "http://n", "k:1", "postgresql://p", "redis://r", "admin.key")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the module's stack."""
    return tmp_path_factory.mktemp("command") / "stack"


@pytest.fixture(scope="module")
def istmo(data: Path, kafka: Broker, postgres: Server, valkey: Server) -> Iterator[Run]:
    """Runs the command on a stack that is up, on the test run's own Kafka, PostgreSQL and Valkey."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISTMO_KAFKA", kafka.bootstrap_servers)
        patch.setenv("ISTMO_POSTGRES_URL", postgres.url)
        patch.setenv("ISTMO_REDIS_URL", valkey.url)
        patch.setenv("ISTMO_TOPIC_PREFIX", "command-")
        patch.setenv("ISTMO_SCHEMA_PREFIX", "command_")

        def run(*words: str) -> "subprocess.CompletedProcess[str]":
            command = [str(_ISTMO), *words, "--data", str(data)]
            return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)

        up = run("up", "--detach", "--workers", "fold=2")
        assert (0, True) == (up.returncode, "http://127.0.0.1:" in up.stdout), up.stderr
        yield run
        down = run("down")
        assert (0, "Stopped.\n") == (down.returncode, down.stderr)
        assert "Nothing was running.\n" == run("down").stderr


def test_starting_twice_says_so(istmo: Run, data: Path) -> None:
    """A second `istmo up` ends at once with exit code 0 and the addresses of the first."""
    again = istmo("up", "--detach")
    addresses = DataFolder(data).addresses()
    assert addresses is not None
    assert (0, True, True) == (again.returncode, "Already running." in again.stdout, addresses.ingest in again.stdout)


def test_other_numbers_of_workers_need_a_new_start(istmo: Run) -> None:
    """Whoever asks a running stack for more workers learns that it has none more, and how to get them."""
    again = istmo("up", "--detach", "--workers", "fold=3")
    assert (2, True) == (again.returncode, again.stderr.strip().endswith("then up again."))


def test_status_gives_addresses_and_health_to_programs(istmo: Run, data: Path) -> None:
    """A script reads from `istmo status --json` where everything is, and that every process is well."""
    done = istmo("status", "--json", "--wait", "--timeout", "60")
    answer = json.loads(done.stdout)
    parts = answer.pop("parts")
    assert (0, Progress()) == (done.returncode, Progress(**{k: tuple(v) for k, v in answer.pop("progress").items()}))
    waits = answer.pop("waits")
    assert json.loads((data / "stack.json").read_text()) == answer
    assert {"registry": 0, "notify": 0} == {
        service: sum(each["lag"] for each in said["partitions"]) for service, said in waits.items()
    }
    assert {
        "ingest", "registry", "notify", "fold-1", "fold-2", "match-1", "resolve-1", "relay-1", "notify-worker-1",
    } == {name for name, part in parts.items() if part["healthy"]}  # fmt: skip


def test_a_partner_gets_a_key_for_its_organisations(istmo: Run, data: Path) -> None:
    """Several identifiers may stand behind one option, and the key is all that is printed on standard output."""
    done = istmo("partner", "add", "Policía Nacional", "--owns", "HN-1", "HN-2", "--kind", "isthmus-government")
    assert (0, True) == (done.returncode, done.stdout.startswith("istmo_policia-nacional_")), done.stderr
    addresses = DataFolder(data).addresses()
    assert addresses is not None
    admin = {"Authorization": f"Bearer {Path(addresses.admin_key_file).read_text().strip()}"}
    known = httpx.get(f"{addresses.registry}/v1/partners/policia-nacional", headers=admin, trust_env=False).json()
    assert (["HN-1", "HN-2"], "es", False) == (known["owns"], known["language"], known["steward"])


def test_a_partner_that_cannot_be_added_is_told_why(istmo: Run) -> None:
    """A kind that is none is answered with all that are; what the service refuses, with its place and the remedy."""
    done = istmo("partner", "add", "Nobody", "--kind", "neighbour")
    assert (2, "", True) == (done.returncode, done.stdout, "civil-society" in done.stderr)
    done = istmo("partner", "add", "Nobody", "--kind", "sica", "--language", "fr")
    assert (1, "", True) == (done.returncode, done.stdout, "/body/language: " in done.stderr)
    assert "es, en" in done.stderr


def test_the_desk_is_steward_for_all_that_nobody_owns(istmo: Run, data: Path) -> None:
    """The desk's key, which is in the folder from the first start, opens what only a steward may see."""
    assert istmo("status").returncode == 0
    addresses = DataFolder(data).addresses()
    assert addresses is not None
    admin = {"Authorization": f"Bearer {Path(addresses.admin_key_file).read_text().strip()}"}
    desk = httpx.get(f"{addresses.registry}/v1/partners/desk", headers=admin, trust_env=False).json()
    assert ("unclaimed", True, True) == (
        desk["custodian_of"],
        desk["steward"],
        (data / "desk.key").read_text().startswith("istmo_desk_"),
    )


@pytest.mark.parametrize(
    ("progress", "code", "words"),
    [
        (Progress(), 0, "At rest"),
        (Progress(retrying=("w-1",)), 0, "under retry: w-1"),
        (Progress(waiting_for=("registry: work 3",)), 1, "registry: work 3"),
        (Progress(parked=({"what": "p-1", "error": "?"},)), 2, "p-1"),
        (Progress(waiting_for=("registry: work 3",), parked=({"what": "p-1"},)), 1, "p-1"),
    ],
)
def test_the_exit_code_of_a_wait_tells_how_it_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, progress: Progress, code: int, words: str
) -> None:
    """A script knows by the exit code whether everything was taken in (0), not in time (1), or put aside (2)."""
    monkeypatch.setattr(status, "running_stack", lambda data: (DataFolder(data), _ADDRESSES))
    monkeypatch.setattr(status, "wait_for_rest", lambda *_, **__: progress)
    monkeypatch.setattr(status, "part_health", lambda *_: {})
    done = CliRunner().invoke(app, ["status", "--wait", "--json", "--data", str(tmp_path)])
    answer = json.loads(done.stdout)
    assert (code, True) == (done.exit_code, words in done.stderr)
    assert asdict(_ADDRESSES).items() <= answer.items()


@pytest.mark.parametrize("words", [["status"], ["partner", "add", "X", "--kind", "sica"]])
def test_without_a_stack_a_command_says_how_to_start_one(tmp_path: Path, words: list[str]) -> None:
    """Nobody has to guess why there is no answer."""
    done = CliRunner().invoke(app, [*words, "--data", str(tmp_path)])
    assert (1, True) == (done.exit_code, "start one with: istmo up" in done.stderr)


def test_a_typing_error_in_the_workers_starts_nothing(tmp_path: Path) -> None:
    """`--workers fodl=2` is refused with the names that there are."""
    done = CliRunner().invoke(app, ["up", "--workers", "fodl=2", "--data", str(tmp_path / "stack")])
    assert (2, True, False) == (done.exit_code, "fold, match" in done.stderr, (tmp_path / "stack").exists())
