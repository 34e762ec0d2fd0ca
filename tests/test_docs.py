"""The guides and the page for operations: what they name is there, and what they show is so."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast, get_args

import pytest
import typer
from fastapi import FastAPI
from pydantic import SecretStr, TypeAdapter
from pydantic_core import PydanticUndefined
from standardwebhooks import Webhook

from istmo.importing.keys import KEY_VARIABLE
from istmo.main import app as command
from istmo.options import DATA
from istmo_common.access import Access
from istmo_common.disclosure import Custody, Tlp
from istmo_common.events.activities import ActivityReported
from istmo_common.events.outcomes import FindingKind
from istmo_common.events.types import REPORT_TYPES
from istmo_common.heartbeat import HEARTBEAT_FILE
from istmo_common.partners import PartnerDirectory
from istmo_common.problems import PROBLEMS
from istmo_common.telemetry import ENDPOINT
from istmo_common.times import parse_time
from istmo_ingest.api import application as ingest_api
from istmo_ingest.api.documents import ReceiptDocument
from istmo_ingest.api.receipts import single_response
from istmo_ingest.domain.acceptance import Candidate, examine
from istmo_ingest.domain.faults import MOST_FAULTS, Refused
from istmo_ingest.domain.limits import BATCH_BYTES, BATCH_EVENTS, EVENT_BYTES
from istmo_ingest.domain.poster import Poster
from istmo_ingest.domain.receipts import Receipt
from istmo_ingest.domain.stated import read_stated
from istmo_ingest.settings import IngestSettings
from istmo_notify.api import application as notify_api
from istmo_notify.api.schemas import SubscriptionForm
from istmo_notify.domain.filters import ITEM_TYPES, ItemType
from istmo_notify.domain.reading import Entry
from istmo_notify.feeds import MOST_ITEMS
from istmo_notify.settings import NotifySettings
from istmo_registry.api import application as registry_api
from istmo_registry.api.paging import PageQuery
from istmo_registry.domain.ledger import Reason
from istmo_registry.domain.resolving import Outcome
from istmo_registry.settings import RegistrySettings
from istmo_stack.services import SERVICES

_ROOT: Final = Path(__file__).parents[1]
_DOCS: Final = _ROOT / "docs"
_GUIDES: Final = {"en": "guide.en.md", "es": "guia.es.md"}
_OPERATIONS: Final = "operations.md"
_PAGES: Final = (
    "README.md",
    "CONTRIBUTING.md",
    "contracts/README.md",
    "samples/README.md",
    *(f"docs/{p.relative_to(_DOCS)}" for p in _DOCS.rglob("*.md")),
)
_REPORTER: Final = Poster("somebody", Custody(owned=frozenset({"XI-EJEMPLO-1"})))
_SERVICE_OF: Final = {"INGEST": "ingest", "REGISTRY": "registry", "NOTIFY": "notify"} | {
    f"http://127.0.0.1:{port}": name for port, name in ((8701, "ingest"), (8702, "registry"), (8703, "notify"))
}
_NOT_SETTINGS: Final = {"ISTMO_DATA", "ISTMO_CACHE", KEY_VARIABLE, HEARTBEAT_FILE, ENDPOINT}

_LISTS: Final = ActivityReported.model_json_schema()["properties"]

each_guide = pytest.mark.parametrize("language", list(_GUIDES))
each_page = pytest.mark.parametrize("page", [*_GUIDES.values(), _OPERATIONS])


@cache
def _text(page: str) -> str:
    return (_DOCS / page).read_text(encoding="utf-8")


def _blocks(page: str) -> list[tuple[str, str]]:
    """What stands behind the fence, and what stands in the block."""
    return re.findall(r"^```([^\n]+)\n(.*?)^```$", _text(page), re.MULTILINE | re.DOTALL)


def _of(page: str, kind: str) -> list[str]:
    return [block for info, block in _blocks(page) if info == kind]


def _payloads(language: str) -> dict[str, Any]:
    """By the name of its file, each JSON text that the reader is told to send."""
    named = ((info.split(), block) for info, block in _blocks(_GUIDES[language]) if info.endswith(".json"))
    return {words[-1]: json.loads(block) for words, block in named}


def _section(page: str, number: int) -> str:
    return re.split(r"^## \d+\. ", _text(page), flags=re.MULTILINE)[number]


def _rows(text: str) -> list[list[str]]:
    """The cells of each row of the tables in a text."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _ticked(cells: list[str]) -> list[str]:
    return [tick for cell in cells for tick in re.findall(r"`([^`]+)`", cell)]


@cache
def _routes() -> dict[str, dict[tuple[str, str], set[str]]]:
    """By service, method and path: the names of the query's parameters."""
    nothing = cast("Any", None)
    access = Access(PartnerDirectory(), None)
    apps = {
        "ingest": ingest_api.application(ingest_api.Parts(nothing, nothing, nothing, PartnerDirectory(), nothing)),
        "registry": registry_api.application(registry_api.Parts(nothing, access, nothing, nothing, nothing, nothing)),
        "notify": notify_api.application(
            notify_api.Parts(nothing, nothing, nothing, nothing, access, nothing, nothing)
        ),
    }
    return {name: dict(_operations(app)) for name, app in apps.items()}


def _operations(app: FastAPI) -> Iterator[tuple[tuple[str, str], set[str]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            parameters = operation.get("parameters", [])
            yield (method.upper(), path), {each["name"] for each in parameters if each["in"] == "query"}


def _found(services: Iterator[str], method: str, path: str) -> set[str] | None:
    """The query's parameters of the route that such a request meets; None where there is none."""
    for service in services:
        for (known, template), parameters in _routes()[service].items():
            if known == method and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
                return parameters
    return None


def _requests(page: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """Each request of the shell blocks: service, method, path, names in the query."""
    for block in _of(page, "sh"):
        for line in re.sub(r"\\\n", " ", block).splitlines():
            for base, path, query in re.findall(
                r"\$?(INGEST|REGISTRY|NOTIFY|http://127[0-9.:]+)(/[^\s\"'?]+)(\?[^\s\"']+)?", line
            ):
                stated = re.search(r"-X ([A-Z]+)", line)
                method = stated[1] if stated else "POST" if " -d " in line else "GET"
                yield _SERVICE_OF[base], method, path, re.findall(r"[?&](\w+)=", query)


def _candidates(language: str) -> dict[str, Candidate]:
    """What the guide sends and ingest takes, by event id."""
    payloads = _payloads(language)
    binary = dict(re.findall(r"'ce-(\w+): ([^']+)'", "".join(_of(_GUIDES[language], "sh"))))
    events = [payloads[name] for name in ("report.json", "withdraw.json", "again.json")]
    events += [*payloads["batch.json"], {**binary, "data": payloads["withdraw-payment.json"]}]
    return {event["id"]: examine(read_stated(event), _REPORTER) for event in events}


def _code(page: str) -> dict[str, Callable[..., Any]]:
    """The functions that the page's Python blocks define."""
    defined: dict[str, Any] = {}
    for block in _of(page, "python"):
        exec(compile(block, page, "exec"), defined)
    return defined


@pytest.mark.parametrize("page", _PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """A reader who follows a link arrives, at the very heading that it names."""
    text = (_ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, heading = target.partition("#")
        found = ((_ROOT / page).parent / path).resolve() if path else _ROOT / page
        assert found.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_contributors_find_the_files_and_the_tests_that_are_named() -> None:
    """A newcomer finds every file of a recipe where it says, and the tests that a command chooses exist."""
    text = (_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:libs|services|tests|docs|contracts)/[^`<]+)`", text)
    assert [] == [path for path in paths if not (_ROOT / path).exists()]
    chosen = re.findall(r"pytest (\S+) -k (\w+)", text)
    assert len(chosen) == 2
    for path, word in chosen:
        tests = re.findall(r"^(?:async )?def (test_\w+)", (_ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
        assert any(word in test for test in tests), word


def test_both_guides_have_the_same_parts() -> None:
    """Nobody misses a section, a table row or an example for reading one language instead of the other."""
    parts = re.compile(r"^(#+ (?:\d+\.)?|```.*|\||- )", re.MULTILINE)
    english, spanish = (parts.findall(_text(page)) for page in _GUIDES.values())
    assert english == spanish


def test_both_guides_show_the_same_payloads_and_programs() -> None:
    """What works for who reads one guide works for who reads the other."""
    assert _payloads("en") == _payloads("es")
    assert len(_payloads("en")) == 7
    english, spanish = (_of(page, "python") for page in _GUIDES.values())
    assert english == spanish
    requests = [list(_requests(page)) for page in _GUIDES.values()]
    assert requests[0] == requests[1]


@each_guide
def test_what_a_guide_sends_is_taken(language: str) -> None:
    """A partner who copies an example gets it accepted: each type of report, a batch, binary mode, a subscription."""
    candidates = _candidates(language)
    assert set(REPORT_TYPES) == {candidate.stated.type for candidate in candidates.values()}
    assert SubscriptionForm.model_validate(_payloads(language)["subscribe.json"]).filter.countries == ("HN", "GT")


@each_guide
def test_the_answers_that_a_guide_shows_are_the_platforms_own(language: str) -> None:
    """Receipts have the identities that ingest gives, an item is spelled as notify spells it."""
    *receipts, item = map(json.loads, _of(_GUIDES[language], "json answer"))
    assert ["accepted", "duplicate"] == [receipt["status"] for receipt in receipts]
    for receipt in receipts:
        read = ReceiptDocument.model_validate(receipt)
        assert list(_candidates(language)[receipt["id"]].transactions or ()) == read.transactions
    entry = Entry(
        item["view"],
        item["epoch"],
        item["number"],
        cast("ItemType", item["type"]),
        json.dumps(item["data"], separators=(",", ":")).encode(),
        parse_time(item["timestamp"]),
    )
    assert json.loads(entry.body()) == item


@each_guide
def test_the_refusal_that_a_guide_shows_is_ingests_own(language: str) -> None:
    """The partner meets exactly the words of its guide."""
    event = _payloads(language)["wrong.json"]
    with pytest.raises(Refused) as refused:
        examine(read_stated(event), _REPORTER)
    answer = single_response(Receipt.refused(event["id"], refused.value), language)
    assert [json.loads(bytes(answer.body))] == [json.loads(block) for block in _of(_GUIDES[language], "json problem")]


@each_page
def test_every_address_exists(page: str) -> None:
    """No page sends anybody to an address, a method or a filter that is not there."""
    requests = list(_requests(page))
    assert requests
    for service, method, path, names in requests:
        parameters = _found(iter([service]), method, path)
        assert parameters is not None, (service, method, path)
        assert set(names) <= parameters, (path, names)
    named = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^\s`?]+)`", _text(page))
    missing = [each for each in named if _found(iter(_routes()), *each) is None]
    assert (missing, bool(named)) == ([], True)


@each_guide
def test_the_filters_of_a_guide_are_all_there_are(language: str) -> None:
    """Who reads the table knows every filter of every question."""
    calls = [row for row in _rows(_section(_GUIDES[language], 12)) if row[0].startswith("`GET /v1/")]
    assert len(calls) == 14
    for call, _, filters in calls:
        method, path = call.strip("`").split()
        assert set(_ticked([filters])) == _routes()["registry"][method, path] - set(PageQuery.model_fields), path


@each_guide
def test_the_words_of_a_guide_are_the_contracts(language: str) -> None:
    """Problems, fates, alerts, items and markings are named completely, and nothing besides."""
    page = _GUIDES[language]
    problems = [(int(row[0]), row[1].strip("`")) for row in _rows(_section(page, 10)) if row[0].isdecimal()]
    assert sorted((int(status), slug) for slug, status in PROBLEMS.items()) == sorted(problems)
    words = [row[0].strip("`") for row in _rows(_section(page, 12)) if len(row) == 2 and row[0].startswith("`")]
    assert sorted((*get_args(Outcome), *get_args(Reason))) == sorted(words)
    assert list(get_args(FindingKind)) == [row[0].strip("`") for row in _rows(_section(page, 13))][1:]
    assert set(ITEM_TYPES) == set(re.findall(r"`((?:programme|alert)\.\w+)`", _section(page, 14)))
    assert list(Tlp) == _ticked([row[0] for row in _rows(_section(page, 9))])


@each_guide
def test_the_limits_of_a_guide_are_those_of_the_code(language: str) -> None:
    """Who stays within what the guide says is never refused for size or number."""
    mib = 1024 * 1024
    [most_transactions] = [each["maxItems"] for each in _LISTS["transactions"]["anyOf"] if "maxItems" in each]
    notify = {name: field.default for name, field in NotifySettings.model_fields.items()}
    expected = [
        [EVENT_BYTES // mib],
        [BATCH_EVENTS, BATCH_BYTES // mib],
        [most_transactions],
        [MOST_FAULTS],
        [next(each.le for each in PageQuery.model_fields["limit"].metadata if hasattr(each, "le"))],
        [MOST_ITEMS],
        [notify["notify_most_subscriptions"]],
        [notify["notify_most_streams"]],
    ]
    told = [[int(number) for number in re.findall(r"\d+", row[1])] for row in _rows(_section(_GUIDES[language], 15))]
    assert expected == told[1:]
    seconds = {
        int(notify[f"notify_{name}"].total_seconds()) for name in ("heartbeat", "webhook_timeout", "first_retry")
    }
    assert {f"{each}" for each in seconds} <= set(re.findall(r"(\d+)\s+se[cg]", _section(_GUIDES[language], 14)))


def test_the_settings_are_all_there_with_their_defaults() -> None:
    """An operator finds every setting, under its name, with the value that it has when nothing is stated."""
    durations = TypeAdapter(timedelta)
    expected = {}
    for settings in (IngestSettings, RegistrySettings, NotifySettings):
        for name, field in settings.model_fields.items():
            value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
            if isinstance(value, timedelta):
                value = durations.dump_python(value, mode="json")
            words = {None: "none", PydanticUndefined: "none", "": "empty", False: "`false`"}
            expected[f"ISTMO_{name.upper()}"] = words.get(value, f"`{value}`")
    rows = [row for row in _rows(_section(_OPERATIONS, 4)) if row[0].startswith("`ISTMO_") and len(row) == 4]
    assert expected == {row[0].strip("`"): row[1] for row in rows}


def test_no_page_names_a_variable_that_nobody_reads() -> None:
    """A variable that a page names has an effect."""
    settings = {
        f"ISTMO_{name.upper()}"
        for each in (IngestSettings, RegistrySettings, NotifySettings)
        for name in each.model_fields
    }
    compose = set(re.findall(r"^(ISTMO_\w+)=", (_ROOT / "infra/compose.env.example").read_text(), re.MULTILINE))
    for page in (*_GUIDES.values(), _OPERATIONS):
        assert set(re.findall(r"\b(?:ISTMO|OTEL)_[A-Z0-9_]+", _text(page))) <= settings | compose | _NOT_SETTINGS
    others = [row[0].strip("`") for row in _rows(_section(_OPERATIONS, 4)) if len(row) == 2][1:]
    assert _NOT_SETTINGS == set(others)


def test_the_processes_are_all_there() -> None:
    """An operator finds every process with the command that starts it."""
    rows = _rows(_section(_OPERATIONS, 3))[1:]
    expected = [[service.name, f"`{service.package} {service.role}`"] for service in SERVICES]
    assert sorted(expected) == sorted(row[:2] for row in rows)


@each_page
def test_every_command_exists(page: str) -> None:
    """Who types a command of a page is not told that there is no such command, option or target."""
    commands = cast("Any", typer.main.get_command(command)).commands
    text = _text(page)
    typed = re.findall(r"(?:\.venv/bin/|`)istmo (?!_)([^`\n)]+)", text)
    assert typed
    for words in map(str.split, typed):
        known = commands[words[0]].load()
        known = known.commands[words[1]] if hasattr(known, "commands") else known
        options = {option for parameter in known.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words
    targets = set(re.findall(r"^([a-z]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)`", text)) <= targets
    assert f"`{DATA}`" in text or page != _OPERATIONS


@each_guide
def test_the_guides_program_knows_a_delivery_of_istmo(language: str) -> None:
    """A receiver that copies the program takes what Istmo signed, and nothing that was changed, foreign or old."""
    is_from_istmo = _code(_GUIDES[language])["is_from_istmo"]
    secret = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
    other = f"whsec_{base64.b64encode(bytes(32)).decode()}"
    body, now = '{"title":"Mediación"}', datetime.now(UTC)

    def headers(moment: datetime) -> dict[str, str]:
        signature = Webhook(secret).sign("msg_1", moment, body)
        stamp = str(int(moment.timestamp()))
        return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": f"v1,AAAA {signature}"}

    assert is_from_istmo(secret, headers(now), body.encode())
    assert not is_from_istmo(other, headers(now), body.encode())
    assert not is_from_istmo(secret, headers(now), body.encode() + b" ")
    assert not is_from_istmo(secret, headers(now - timedelta(minutes=6)), body.encode())


@each_guide
def test_the_guides_program_proves_that_nothing_is_missing(language: str) -> None:
    """A subscriber that copies the program gets every item, withheld ones too, and hears of a gap."""
    code = _code(_GUIDES[language])
    told = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [Entry("v", 1, 3, "alert.cleared", b'{"id":"a"}', told), Entry("v", 1, 4), Entry("v", 1, 5)]
    beat = b'{"epoch":1,"number":%d,"view":"v"}'

    def stream(*bodies: bytes) -> list[bytes]:
        return [line for body in bodies for line in (b"event: any\n", b"data: " + body + b"\n", b"id: 1-1\n", b"\n")]

    whole = stream(beat % 2, *(entry.body() for entry in entries), beat % 5)
    assert [3, 4, 5] == [item["number"] for item in code["without_gap"](code["items"](whole), 2)]
    for cut in (stream(entries[0].body(), entries[2].body()), stream(entries[0].body(), beat % 5)):
        with pytest.raises(RuntimeError, match="a gap behind number 3"):
            list(code["without_gap"](code["items"](cut), 2))


def test_the_sections_are_numbered_in_order() -> None:
    """A reference to a section leads to it."""
    for page in (*_GUIDES.values(), _OPERATIONS):
        numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", _text(page), re.MULTILINE)]
        assert numbers[0] == 1
        assert all(after == before + 1 for before, after in pairwise(numbers))
        referred = re.findall(r"(?:section|sección) (\d+)", _text(page))
        assert {int(number) for number in referred} <= set(numbers)
