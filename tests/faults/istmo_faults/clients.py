"""Clients that report while faults happen, and write down each request and its answer."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import httpx

from istmo_faults.history import Answered, Fate, History, Sent
from istmo_faults.reports import Report

__all__ = ["Client", "report_until"]

_AT_ONCE: Final = 4
_PAUSE_SECONDS: Final = 0.06
_AGAIN_SECONDS: Final = 0.4
_PATIENCE_SECONDS: Final = 60.0
_STRANGER: Final = "istmo_nobody_" + "0" * 48
_KINDS: Final = {False: "application/cloudevents+json", True: "application/cloudevents-batch+json"}


class Client:
    """Posts to ingest as any of the partners whose `keys` it has."""

    def __init__(self, url: str, keys: Mapping[str, str], history: History) -> None:
        self._keys = keys
        self._history = history
        self._http = httpx.AsyncClient(base_url=url, timeout=10, trust_env=False)
        self.accepted = 0
        """So many reports were accepted so far."""

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def report(self, reports: Sequence[Report]) -> None:
        """Post reports of one partner in one request; those that are to be known again and again until they are."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        open_ = await self._post(reports)
        while open_ and time.monotonic() < deadline:
            await asyncio.sleep(_AGAIN_SECONDS)
            open_ = await self._post(open_)

    async def _post(self, reports: Sequence[Report]) -> list[Report]:
        """One request; those of the reports whose fate is still to be found out."""
        self._history.note(*(Sent(each.mark, each.event["id"], each.activity, each.alone) for each in reports))
        batch = len(reports) > 1
        key = _STRANGER if reports[0].partner is None else self._keys[reports[0].partner]
        body = json.dumps([each.event for each in reports] if batch else reports[0].event)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": _KINDS[batch]}
        began, status, fates = time.monotonic(), None, dict[str, Fate]()
        try:
            answer = await self._http.post("/v1/events", content=body, headers=headers)
            status, fates = answer.status_code, _fates(answer, reports)
        except httpx.TransportError:
            pass
        seconds = round(time.monotonic() - began, 3)
        left = []
        for each in reports:
            fate = fates.get(each.event["id"], "unknown")
            self._history.note(Answered(each.mark, status, fate, seconds))
            self.accepted += fate == "accepted"
            if fate == "unknown" and each.again:
                left.append(each)
        return left


def _fates(answer: httpx.Response, reports: Sequence[Report]) -> dict[str, Fate]:
    """By event id, what an answer says; nothing of a report means that it is unknown."""
    if answer.status_code >= 500 and len(reports) == 1:
        return {}
    body: dict[str, Any] = answer.json()
    if len(reports) == 1:
        fate: Fate = body["status"] if answer.status_code == 202 else "refused"
        return {reports[0].event["id"]: fate}
    if 400 <= answer.status_code < 500:
        return {each.event["id"]: "refused" for each in reports}
    return {receipt["id"]: receipt["status"] for receipt in body.get("receipts", ())}


async def report_until(
    client: Client, requests: Iterator[Sequence[Report]], done: asyncio.Event, *, least: int, most: int
) -> None:
    """Post requests, a few at once, until `done` is set; at least and at most so many. Each is seen to its end.

    A request about an activity waits for those before it.
    """
    turn = asyncio.Semaphore(_AT_ONCE)
    earlier: dict[str, asyncio.Task[None]] = {}

    async def one(reports: Sequence[Report], after: list[asyncio.Task[None]]) -> None:
        await asyncio.gather(*after)
        async with turn:
            await client.report(reports)

    posted = 0
    async with asyncio.TaskGroup() as group:
        while posted < most and (posted < least or not done.is_set()):
            reports = next(requests)
            before = [earlier[each.activity] for each in reports if each.activity in earlier]
            task = group.create_task(one(reports, before))
            earlier |= {each.activity: task for each in reports}
            posted += 1
            await asyncio.sleep(_PAUSE_SECONDS)
