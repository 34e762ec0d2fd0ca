"""The HTTP binding of CloudEvents 1.0: structured, batched and binary requests become values of the JSON format."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from fastapi import Request

from istmo_common.problems import Problem
from istmo_ingest.api.bodies import parse_json, read_body
from istmo_ingest.domain.limits import BATCH_BYTES, BATCH_EVENTS, EVENT_BYTES

__all__ = ["BATCHED", "STRUCTURED", "Posted", "read_events"]

STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"
_JSON: Final = re.compile(r"application/([a-z0-9.+-]+\+)?json")
_PREFIX: Final = "ce-"


@dataclass(frozen=True, slots=True)
class Posted:
    """What one request carries. A batch is answered as a batch, also one of a single event."""

    events: list[Any]
    batch: bool


async def read_events(request: Request) -> Posted:
    """The events of a request. Raises the problems `unsupported-media-type`, `too-large`, `not-json`."""
    media_type, charset = _content_type(request)
    if charset not in ("", "utf-8") or request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("unsupported-media-type")
    if media_type == BATCHED:
        return Posted(_batch(parse_json(request, await read_body(request, BATCH_BYTES))), batch=True)
    if media_type == STRUCTURED:
        return Posted([parse_json(request, await read_body(request, EVENT_BYTES))], batch=False)
    binary = dict(_attributes(request))
    if not (binary and _JSON.fullmatch(media_type)):
        raise Problem("unsupported-media-type")
    body = await read_body(request, EVENT_BYTES)
    data = {"data": parse_json(request, body)} if body else {}
    return Posted([binary | data], batch=False)


def _batch(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Problem("bad-request")
    if len(value) > BATCH_EVENTS:
        raise Problem("too-many-events", most=BATCH_EVENTS)
    return value


def _content_type(request: Request) -> tuple[str, str]:
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    stated = (parameter.strip().partition("=") for parameter in parameters)
    charset = next((value.strip('"') for name, _, value in stated if name == "charset"), "")
    return media_type.strip(), charset


def _attributes(request: Request) -> Iterator[tuple[str, str]]:
    seen = set()
    for raw_name, raw_value in request.headers.raw:
        name = raw_name.decode("latin-1").lower()
        if not name.startswith(_PREFIX):
            continue
        if name in seen:
            raise Problem("bad-request")
        seen.add(name)
        yield name.removeprefix(_PREFIX), _header_value(raw_value)


def _header_value(raw: bytes) -> str:
    """A header's text: quotes around it are taken off, what is percent-encoded is decoded, as the binding says."""
    try:
        value = raw.decode()
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise Problem("bad-request") from None
