"""Ingest as the importer sees it: what is not acknowledged is sent again with the same ids."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx
import stamina

from istmo_common.catalogue import Language
from istmo_common.events.types import IMPORT_WITHDRAWN
from istmo_common.events.values import MarkingStatement

__all__ = ["IngestAway", "IngestClient", "IngestRefused", "MissingActivity", "NamedActivity", "OpenedImport"]

_PATIENCE: Final = timedelta(minutes=5)
_RETRY_SECONDS: Final = 1.0
_AWAY: Final = frozenset({429, 502, 503, 504})
_NOTED_AT_ONCE: Final = 1000
_PIECE_BYTES: Final = 256 * 1024
_BATCH: Final = "application/cloudevents-batch+json"


class IngestAway(Exception):
    """Ingest does not answer, or cannot publish now. Trying again later is right."""

    def __init__(self, reason: str, retry_after_seconds: float = _RETRY_SECONDS) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class IngestRefused(Exception):
    """Ingest refuses the whole request; the text is its explanation."""


@dataclass(frozen=True, slots=True)
class OpenedImport:
    """An import to send events for. `resumed`: an earlier run had opened it and did not get to its end."""

    id: str
    resumed: bool


class NamedActivity(NamedTuple):
    """An activity by its reporting organisation and its identifier there."""

    reporter: str
    activity: str


class MissingActivity(NamedTuple):
    """An activity that an earlier complete file had; `withdrawn` where an earlier run decided to take it back."""

    name: NamedActivity
    withdrawn: bool


class IngestClient:
    """Calls ingest over `http`, which carries the address and the key; answers come in `language`, if one is given."""

    def __init__(
        self, http: httpx.AsyncClient, patience: timedelta = _PATIENCE, language: Language | None = None
    ) -> None:
        self._http = http
        self._patience = patience
        self._language = language

    async def open_import(self, file_name: str, sha256: str, marking: MarkingStatement) -> OpenedImport:
        """The import of this file under this marking: a new one, or the unfinished one."""
        form = {"file_name": file_name, "sha256": sha256, "marking": marking.model_dump(mode="json")}
        answer = await self._call("POST", "/v1/imports", json=form)
        return OpenedImport(answer.json()["import_id"], resumed=answer.status_code == httpx.codes.OK)

    async def finish_import(self, import_id: str, counts: dict[str, int], *, complete: bool) -> None:
        """Close the import; finishing twice changes nothing."""
        await self._call("POST", f"/v1/imports/{import_id}/finish", json=counts | {"complete": complete})

    async def note_activities(self, import_id: str, fates: Mapping[NamedActivity, str]) -> None:
        """Say of the activities of a complete file what became of them, and which missing ones are withdrawn."""
        noted = [{**name._asdict(), "fate": fate} for name, fate in fates.items()]
        for start in range(0, len(noted), _NOTED_AT_ONCE):
            page = {"activities": noted[start : start + _NOTED_AT_ONCE]}
            await self._call("POST", f"/v1/imports/{import_id}/activities", json=page)

    async def missing(self, import_id: str) -> list[MissingActivity]:
        """What earlier complete files had and this one lacks."""
        found: list[MissingActivity] = []
        address: str | None = f"/v1/imports/{import_id}/missing"
        while address is not None:
            page = (await self._call("GET", address)).json()
            found += [
                MissingActivity(NamedActivity(each["reporter"], each["activity"]), each["withdrawn"])
                for each in page["activities"]
            ]
            address = page["next"]
        return found

    async def find_import(self, import_id: str) -> dict[str, Any]:
        """The import as the journal shows it."""
        found: dict[str, Any] = (await self._call("GET", f"/v1/imports/{quote(import_id, safe='')}")).json()
        return found

    async def withdraw_import(self, import_id: str) -> None:
        """Have nothing count that the import reported; twice is as good as once."""
        event = {
            "specversion": "1.0",
            "id": f"{import_id}/withdrawn",
            "source": f"/imports/{import_id}",
            "type": IMPORT_WITHDRAWN,
            "data": {"import_id": import_id},
        }
        (receipt,) = await self.post([event])
        if receipt["status"] == "refused":
            raise IngestRefused(_told(receipt["problem"]))

    async def post(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The receipts of `events`, in their order; none of them is `unknown`. Raises `IngestAway` in the end."""
        settled: dict[str, dict[str, Any]] = {}
        async for attempt in self._attempts():
            with attempt:
                left = [event for event in events if event["id"] not in settled]
                body = _pieces(json.dumps(left, ensure_ascii=False).encode())
                answer = await self._request("POST", "/v1/events", content=body, headers={"Content-Type": _BATCH})
                told = answer.json().get("receipts")
                if told is None:
                    _check(answer)
                settled |= {receipt["id"]: receipt for receipt in told or [] if receipt["status"] != "unknown"}
                if len(settled) < len(events):
                    raise IngestAway("not everything was acknowledged", _retry_after(answer))
        return [settled[event["id"]] for event in events]

    async def _call(self, method: str, path: str, **content: Any) -> httpx.Response:
        async for attempt in self._attempts():
            with attempt:
                answer = await self._request(method, path, **content)
                _check(answer)
        return answer

    async def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        if self._language is not None and "language=" not in path:
            path += f"{'&' if '?' in path else '?'}language={self._language}"
        try:
            return await self._http.request(method, path, **content)
        except httpx.TransportError as error:
            raise IngestAway(f"ingest does not answer ({type(error).__name__})") from error

    def _attempts(self) -> Any:
        return stamina.retry_context(on=_pause, attempts=None, timeout=self._patience)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    # Megabytes written at once would hold up everything else in this process.
    for start in range(0, len(body), _PIECE_BYTES):
        yield body[start : start + _PIECE_BYTES]


def _pause(error: Exception) -> bool | float:
    return error.retry_after_seconds if isinstance(error, IngestAway) else False


def _retry_after(answer: httpx.Response) -> float:
    stated = answer.headers.get("retry-after", "")
    return float(stated) if stated.isdecimal() else _RETRY_SECONDS


def _check(answer: httpx.Response) -> None:
    if answer.status_code in _AWAY:
        raise IngestAway("ingest cannot take reports now", _retry_after(answer))
    if answer.is_error:
        raise IngestRefused(_explanation(answer))


def _explanation(answer: httpx.Response) -> str:
    if "json" not in answer.headers.get("content-type", ""):
        return f"HTTP {answer.status_code}"
    return _told(answer.json())


def _told(problem: dict[str, Any]) -> str:
    lines = [f"{problem.get('title')}. {problem.get('detail')}"]
    lines += [f"{error['pointer']}: {error['detail']} {error['remedy']}" for error in problem.get("errors", [])]
    return "\n".join(lines)
