"""Small stand-ins for what ingest talks to, and reports to post."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence, Set
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from istmo_common.disclosure import Custody
from istmo_common.errors import LogError
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import Acknowledged, Outgoing
from istmo_common.partners import PartnerDirectory
from istmo_ingest.api.application import Parts, application
from istmo_ingest.domain.acceptance import OwnImports, Prior
from istmo_ingest.domain.poster import Poster
from istmo_ingest.domain.recording import RecordedTimes
from istmo_ingest.errors import ImportsUnavailable
from istmo_ingest.in_flight import EventName
from istmo_ingest.posting import Posting
from istmo_ingest.store.complete_files import CompleteFiles
from istmo_ingest.store.imports import ImportJournal

OPEN_IMPORT = "0190aaaa-0000-7000-8000-000000000001"


class FakeLog:
    """A log in memory. `answer` decides what becomes of each record; None keeps it."""

    def __init__(self) -> None:
        self.kept: list[Outgoing] = []
        self.answer: Callable[[Outgoing], LogError | None] = lambda _: None

    async def send_many(self, outgoing: Sequence[Outgoing]) -> list[Acknowledged | LogError]:
        """Keep or refuse each record as `answer` says."""
        outcomes: list[Acknowledged | LogError] = []
        for item in outgoing:
            error = self.answer(item)
            if error is None:
                self.kept.append(item)
            outcomes.append(error or Acknowledged(0, len(self.kept) - 1))
        return outcomes

    def events(self) -> list[CloudEvent]:
        """The kept records, read as events."""
        return [CloudEvent.from_headers(item.headers, item.value) for item in self.kept]


class FakeAcceptedIds:
    """Memory without a Redis. `away` makes it know and keep nothing, as the real one does then."""

    def __init__(self) -> None:
        self.known: dict[EventName, Prior] = {}
        self.away = False

    async def find(self, names: Sequence[EventName]) -> Mapping[EventName, Prior]:
        """What is known of `names`."""
        return {} if self.away else {name: self.known[name] for name in names if name in self.known}

    def remember(self, accepted: Mapping[EventName, Prior]) -> None:
        """Keep; what is known stays."""
        if not self.away:
            self.known = {**accepted, **self.known}


class FakeJournal:
    """A journal in which one import of the partner `hn` is open."""

    def __init__(self) -> None:
        self.withdrawn: set[str] = set()
        self.away = False

    async def own(self, partner: str, import_ids: Set[str]) -> OwnImports:
        """Those that are the partner's: the one."""
        known = import_ids & {OPEN_IMPORT} if partner == "hn" else set()
        return OwnImports(known - self.withdrawn, known)

    async def withdraw(self, partner: str, import_ids: Set[str]) -> None:
        """Note it."""
        if self.away:
            raise ImportsUnavailable("away")
        self.withdrawn |= import_ids

    async def find(self, partner: str, import_id: str) -> None:
        """None is kept whole; a text that PostgreSQL cannot hold is no question to ask."""
        assert import_id.isprintable()


def _partner(id: str, **fields: Any) -> tuple[bytes, CloudEvent]:
    key = {"id": "k", "sha256": hashlib.sha256(b"secret").hexdigest()}
    record = {"id": id, "name": id, "kind": "civil-society", "language": "es", "keys": [key], "version": 1} | fields
    data = json.dumps(record).encode()
    return id.encode(), CloudEvent(id, "/registry", "partner.changed", data, "2026-01-01T00:00:00.000000Z")


@pytest.fixture
def partner_events() -> list[tuple[bytes, CloudEvent]]:
    """A ministry (Spanish, one group), an agency (English, signed the agreement), and the desk."""
    return [
        _partner("hn", owns=["HN-SEG"], groups=["border"]),
        _partner("us", owns=["US-GOV-11"], language="en", agreement_signed=True),
        _partner("desk", custodian_of="unclaimed", language="en", steward=True),
    ]


@pytest.fixture
def directory(partner_events: list[tuple[bytes, CloudEvent]]) -> PartnerDirectory:
    """These partners, known."""
    directory = PartnerDirectory()
    for key, event in partner_events:
        directory.apply(key, event)
    directory.caught_up.set()
    return directory


@pytest.fixture
def poster() -> Poster:
    """The ministry, as accepting its reports sees it."""
    return Poster("hn", Custody(owned=frozenset({"HN-SEG"})), groups=frozenset({"border"}))


@pytest.fixture
def activity() -> Callable[..., dict[str, Any]]:
    """Makes the data of an `activity.reported`."""

    def make(**fields: Any) -> dict[str, Any]:
        return {
            "reporter": "HN-SEG",
            "activity": "HN-SEG-1",
            "marking": {"tlp": "CLEAR"},
            "title": [{"text": "Policía comunitaria", "language": "es"}],
        } | fields

    return make


@pytest.fixture
def payment() -> Callable[..., dict[str, Any]]:
    """Makes a transaction."""

    def make(**fields: Any) -> dict[str, Any]:
        return {"type": "3", "date": "2026-03-31", "value": {"amount": "1250.50", "currency": "HNL"}} | fields

    return make


@pytest.fixture
def event(activity: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Makes an event in the CloudEvents JSON format; `data` defaults to an activity."""

    def make(**attributes: Any) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": "e-1",
            "source": "/systems/seguridad",
            "type": "activity.reported",
            "data": activity(),
        } | attributes

    return make


async def _healthy() -> dict[str, bool]:
    return {"log": True}


@pytest.fixture
def world(directory: PartnerDirectory) -> SimpleNamespace:
    """Ingest over stand-ins: `log`, `accepted`, `posting`, `app`; its clock stands still."""
    log, accepted, journal = FakeLog(), FakeAcceptedIds(), FakeJournal()
    times = RecordedTimes(lambda: datetime(2026, 4, 1, 12, tzinfo=UTC))
    posting = Posting(log, accepted, journal, times)
    app = application(Parts(posting, cast("ImportJournal", journal), cast("CompleteFiles", None), directory, _healthy))
    return SimpleNamespace(log=log, accepted=accepted, posting=posting, app=app, directory=directory)


@pytest.fixture
async def client(world: SimpleNamespace) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the ministry."""
    async with client_of(world.app, "hn") as opened:
        yield opened


def client_of(app: FastAPI, partner: str) -> httpx.AsyncClient:
    """A client with the key of `partner`."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://ingest",
        headers={"Authorization": f"Bearer istmo_{partner}_secret"},
    )


@pytest.fixture
def open_import() -> str:
    """The id of the ministry's open import."""
    return OPEN_IMPORT


@pytest.fixture
def as_partner(world: SimpleNamespace) -> Callable[[str], httpx.AsyncClient]:
    """Makes a client with another partner's key."""
    return lambda partner: client_of(world.app, partner)
