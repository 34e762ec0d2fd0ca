"""The shapes of requests and answers."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from istmo_common.codelists import COUNTRIES, GOALS, PLACES
from istmo_common.events.one_of import OneOf
from istmo_common.events.values import Identifier
from istmo_common.watching import LagDocument, QueueDocument
from istmo_notify.api.examples import ALERT, PAGE, PROGRESS, SUBSCRIPTION
from istmo_notify.domain.filters import Filter, ItemType

__all__ = [
    "LANGUAGE",
    "AlertDocument",
    "Alerts",
    "Document",
    "FilterForm",
    "PageDocument",
    "Progress",
    "SubscriptionDocument",
    "SubscriptionForm",
    "Subscriptions",
]


LANGUAGE: Final = "The language of titles and sentences; the partner's, else `Accept-Language`, unless stated."
"""Of a parameter."""


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FilterForm(_Form):
    """What a view is about. Within a list any value, across lists all; an empty list asks for nothing.

    `countries`: ISO 3166-1, `regional`, `elsewhere`; `organisations`: identifiers as reports name them.
    """

    types: Annotated[tuple[ItemType, ...], Field(max_length=5, description="Kinds of items.")] = ()
    countries: Annotated[
        tuple[Annotated[str, OneOf(COUNTRIES, PLACES)], ...],
        Field(max_length=50, description="ISO 3166-1, `regional` or `elsewhere`."),
    ] = ()
    goals: Annotated[tuple[Annotated[str, OneOf(GOALS)], ...], Field(max_length=5, description="Goals, 1 to 5.")] = ()
    organisations: Annotated[
        tuple[Identifier, ...], Field(max_length=100, description="Identifiers as reports name them.")
    ] = ()

    def filter(self) -> Filter:
        """The filter that is meant: order and repetition say nothing."""
        return Filter(
            frozenset(self.types), frozenset(self.countries), frozenset(self.goals), frozenset(self.organisations)
        )


class SseChannel(_Form):
    """The subscriber reads a stream of server-sent events."""

    kind: Literal["sse"]


class WebhookChannel(_Form):
    """Items are sent to `url`, signed after Standard Webhooks."""

    kind: Literal["webhook"]
    url: Annotated[str, Field(min_length=1, max_length=2000)]


class SubscriptionForm(_Form):
    """What somebody wants to hear, how, and in which language (the partner's own where none is stated)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"channel": {"kind": "sse"}, "filter": {"countries": ["HN", "regional"]}},
                {"channel": {"kind": "webhook", "url": "https://example.org/istmo"}, "language": "en"},
            ]
        }
    )

    channel: Annotated[SseChannel | WebhookChannel, Field(discriminator="kind")]
    filter: FilterForm = FilterForm()
    language: Literal["es", "en"] | None = None


class Document(BaseModel):
    """What an answer is made of. Frozen; nothing but its fields leaves."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DeliveryDocument(Document):
    """How delivery to a webhook goes: up to `delivered` all was taken. `due`: when the next attempt is made at the
    earliest. `paused`: null, `gone` (it answered 410) or `failing` (nothing else for days).
    """

    url: str
    delivered: int
    due: str
    failures: int
    last_status: int | None = None
    last_reason: str | None = None
    paused: Literal["gone", "failing"] | None = None


class SubscriptionDocument(Document):
    """A subscription: a cursor that began behind the number `start` of the list `view`; `last` is the list's newest.

    `secret` (`whsec_…`) is shown once, when a webhook is subscribed.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [SUBSCRIPTION]})

    id: str
    view: str
    epoch: int
    start: int
    last: int
    filter: dict[str, list[str]]
    language: Literal["es", "en"]
    channel: Literal["sse", "webhook"]
    created: str
    delivery: DeliveryDocument | None = None
    secret: str | None = None


class Subscriptions(Document):
    """The partner's subscriptions, and how many it may have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [SUBSCRIPTION], "most": 50}]})

    items: list[SubscriptionDocument]
    most: int


class AlertDocument(Document):
    """An alert as it stands. `alert` is null once it is cleared, or while its records may not be read."""

    model_config = ConfigDict(json_schema_extra={"examples": [ALERT]})

    id: str
    kind: str
    state: Literal["raised", "updated", "cleared"]
    revision: int
    raised: str
    changed: str
    alert: dict[str, Any] | None


class Alerts(Document):
    """Stored alerts, in the order of their ids; `next` is the id to state as `after` for the following ones."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [ALERT], "next": ALERT["id"]}]})

    items: list[AlertDocument]
    next: str | None


class PageDocument(Document):
    """A range of a list: everything behind the number `after`, up to and with `until`. `last` is the newest number.

    An item has `number`, `type`, `timestamp` and `data`; one that may no longer be read has `number` and `withheld`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [PAGE]})

    view: str
    epoch: int
    after: int
    until: int
    last: int
    items: list[dict[str, Any]]


class Progress(Document):
    """Where intake stands, and the webhook subscriptions whose deliveries fail or are paused.

    `queues`: endpoints with something due (deliver), alerts that wait for the log (relay), and the age of the oldest.
    `stuck` names what waits longer than it should.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [PROGRESS]})

    partitions: list[LagDocument]
    queues: list[QueueDocument]
    retrying: list[str]
    stuck: list[str]
