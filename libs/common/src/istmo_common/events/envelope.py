"""A CloudEvents 1.0 event as it stands in the log: what its client stated, and what ingest stamped."""

from collections.abc import Iterable
from dataclasses import dataclass

from istmo_common.canonical import content_hash
from istmo_common.errors import InvalidEvent

__all__ = ["CloudEvent", "Headers"]

Headers = list[tuple[str, bytes]]

_REQUIRED = ("id", "source", "type", "recordedtime")
_EXTENSIONS = {"recorded_time": "recordedtime", "partner": "partner", "standing": "standing", "import_id": "importid"}


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event. Times are RFC 3339 text as stated; `data` is canonical JSON; `traceparent` is W3C trace context.

    `partner` is whose key posted it (None for the platform's own events), `standing` is `owner` or `custodian`.
    """

    id: str
    source: str
    type: str
    data: bytes
    recorded_time: str
    subject: str | None = None
    time: str | None = None
    partner: str | None = None
    standing: str | None = None
    import_id: str | None = None
    traceparent: str | None = None

    @property
    def content_hash(self) -> str:
        """SHA-256 over what the client stated."""
        return content_hash(type=self.type, source=self.source, subject=self.subject, time=self.time, data=self.data)

    def headers(self) -> Headers:
        """The attributes in the Kafka binary binding (`ce_` headers); the trace context stands beside them."""
        headers: Headers = [
            ("content-type", b"application/json"),
            ("ce_specversion", b"1.0"),
            ("ce_id", self.id.encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", self.type.encode()),
        ]
        for name, value in (
            ("ce_subject", self.subject),
            ("ce_time", self.time),
            ("ce_recordedtime", self.recorded_time),
            ("ce_partner", self.partner),
            ("ce_standing", self.standing),
            ("ce_importid", self.import_id),
            ("traceparent", self.traceparent),
        ):
            if value is not None:
                headers.append((name, value.encode()))
        return headers

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]], value: bytes | None) -> "CloudEvent":
        """The event that a record carries. Raises `InvalidEvent` if an attribute is missing or cannot be read."""
        if value is None:
            raise InvalidEvent("the record has no value")
        try:
            named = {name: text.decode() for name, text in headers}
        except UnicodeDecodeError as error:
            raise InvalidEvent("a header is not UTF-8") from error
        for name in _REQUIRED:
            if not named.get(f"ce_{name}"):
                raise InvalidEvent(f"the header ce_{name} is missing")
        return cls(
            id=named["ce_id"],
            source=named["ce_source"],
            type=named["ce_type"],
            data=value,
            subject=named.get("ce_subject"),
            time=named.get("ce_time"),
            traceparent=named.get("traceparent"),
            **{attribute: named.get(f"ce_{name}") for attribute, name in _EXTENSIONS.items()},  # type: ignore[arg-type]
        )
