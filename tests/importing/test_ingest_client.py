"""The importer's client: what was not acknowledged is sent again with the same id, and with a cap."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import stamina

from istmo.importing.client import IngestAway, IngestClient, IngestRefused
from istmo_common.disclosure import Tlp
from istmo_common.events.values import MarkingStatement

Answer = Callable[[list[dict[str, Any]]], httpx.Response]


class Ingest(httpx.AsyncBaseTransport):
    """An ingest that gives prepared answers, and keeps what it was sent."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.sent: list[list[str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The next answer; the last one is given for ever."""
        events = json.loads(await request.aread())
        self.sent.append([event["id"] for event in events] if isinstance(events, list) else [])
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer(events)


def receipts(status: int, *statuses: str) -> Answer:
    def answer(events: list[dict[str, Any]]) -> httpx.Response:
        told = [{"id": event["id"], "status": each} for event, each in zip(events, statuses, strict=True)]
        return httpx.Response(status, json={"receipts": told}, headers={"Retry-After": "0"})

    return answer


def cut(_: object) -> httpx.Response:
    raise httpx.ReadError("the line was cut")


@pytest.fixture(autouse=True)
async def no_waiting() -> AsyncIterator[None]:
    """Retries come at once, five at most."""
    stamina.set_testing(True, attempts=5)
    yield
    stamina.set_testing(False)


def client_of(ingest: Ingest) -> IngestClient:
    return IngestClient(httpx.AsyncClient(transport=ingest, base_url="http://ingest"), timedelta(seconds=5))


EVENTS = [{"id": "i/1"}, {"id": "i/2"}, {"id": "i/3"}]


async def test_only_what_is_unknown_is_sent_again() -> None:
    """After an outage in the middle of a batch the rest follows, with the same ids."""
    ingest = Ingest(
        receipts(207, "accepted", "unknown", "refused"), receipts(503, "unknown"), receipts(202, "accepted")
    )
    told = await client_of(ingest).post(EVENTS)

    assert [["i/1", "i/2", "i/3"], ["i/2"], ["i/2"]] == ingest.sent
    assert ["accepted", "accepted", "refused"] == [receipt["status"] for receipt in told]


async def test_a_cut_connection_is_no_end() -> None:
    """A batch whose answer was lost is sent again; what had been accepted comes back as duplicate."""
    ingest = Ingest(cut, receipts(202, "duplicate", "duplicate", "accepted"))
    told = await client_of(ingest).post(EVENTS)

    assert ["duplicate", "duplicate", "accepted"] == [receipt["status"] for receipt in told]


async def test_patience_ends() -> None:
    """An ingest that never comes back ends the import instead of letting it wait for ever."""
    ingest = Ingest(receipts(503, "unknown", "unknown", "unknown"))
    with pytest.raises(IngestAway):
        await client_of(ingest).post(EVENTS)

    assert len(ingest.sent) == 5


async def test_a_refused_request_is_explained() -> None:
    """A key that does not hold is told at once, in the words of ingest."""
    problem = {"title": "Clave no válida", "detail": "Pida otra.", "errors": []}
    ingest = Ingest(lambda _: httpx.Response(401, json=problem))
    with pytest.raises(IngestRefused, match="Clave no válida"):
        await client_of(ingest).open_import("plan.xml", "0" * 64, MarkingStatement(tlp=Tlp.CLEAR))

    assert len(ingest.sent) == 1
