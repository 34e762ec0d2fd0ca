"""CloudEvents 1.0 attributes as a client states them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from istmo_common.times import parse_time
from istmo_ingest.domain.faults import Fault, Refused, pointer

__all__ = ["STAMPED", "StatedEvent", "read_stated", "stated_id"]

STAMPED: Final = frozenset({"recordedtime", "partner", "standing"})
"""Extensions that ingest writes; no client may state them."""
_REQUIRED: Final = ("specversion", "id", "source", "type")
_OPTIONAL: Final = frozenset(
    {"subject", "time", "datacontenttype", "dataschema", "importid", "traceparent", "tracestate"}
)
_LONGEST: Final = 500
_JSON: Final = re.compile(r"application/([a-z0-9.+-]+\+)?json\s*(;.*)?", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_URI_REFERENCE: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


@dataclass(frozen=True, slots=True)
class StatedEvent:
    """An event whose attributes are in order; `data` is still whatever JSON object the client sent."""

    id: str
    source: str
    type: str
    data: Mapping[str, Any]
    subject: str | None = None
    time: str | None = None
    import_id: str | None = None


def stated_id(raw: object) -> str | None:
    """The id for a receipt, from an event that may be wrong in every other way."""
    identifier = raw.get("id") if isinstance(raw, Mapping) else None
    return identifier if isinstance(identifier, str) and len(identifier) <= _LONGEST else None


def read_stated(raw: object) -> StatedEvent:
    """The event in `raw`, a value in the CloudEvents JSON format. Raises `Refused`."""
    if not isinstance(raw, Mapping):
        raise Refused([Fault("model_type", "")])
    faults = list(_faults(raw))
    if faults:
        raise Refused(faults)
    return StatedEvent(
        id=raw["id"],
        source=raw["source"],
        type=raw["type"],
        data=raw["data"],
        subject=raw.get("subject"),
        time=raw.get("time"),
        import_id=raw.get("importid"),
    )


def _faults(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for name in _REQUIRED:
        if raw.get(name) is None:
            yield Fault("missing", pointer(name))
    for name, value in raw.items():
        if name == "data" or value is None:
            continue
        if name == "data_base64":
            yield Fault("data_not_json", pointer(name))
        elif name in STAMPED:
            yield Fault("attribute_stamped", pointer(name))
        elif name not in _REQUIRED and name not in _OPTIONAL:
            yield Fault("attribute_unknown", pointer(name))
        else:
            yield from _text_faults(name, value)
    if not isinstance(raw.get("data"), Mapping):
        yield Fault("missing" if raw.get("data") is None else "model_type", pointer("data"))


def _text_faults(name: str, value: object) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault("string_type", pointer(name))
    elif not value:
        yield Fault("string_too_short", pointer(name), {"min_length": 1})
    elif len(value) > _LONGEST:
        yield Fault("string_too_long", pointer(name), {"max_length": _LONGEST})
    elif _CONTROL.search(value):
        yield Fault("control_character", pointer(name))
    elif not _keeps_its_form(name, value):
        yield Fault("attribute_form", pointer(name))


def _keeps_its_form(name: str, value: str) -> bool:
    match name:
        case "specversion":
            return value == "1.0"
        case "source" | "dataschema":
            return _URI_REFERENCE.fullmatch(value) is not None
        case "datacontenttype":
            return _JSON.fullmatch(value) is not None
        case "time":
            try:
                parse_time(value)
            except ValueError:
                return False
    return True
