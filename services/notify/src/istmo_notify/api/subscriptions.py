"""Subscriptions of a partner, and the lists that they follow."""

import re
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status
from pydantic import AfterValidator

from istmo_common.access import Access, language_of_request
from istmo_common.catalogue import Language
from istmo_common.disclosure import Reader
from istmo_common.postgres import Pool
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem, field_error
from istmo_common.times import format_time
from istmo_notify.api.examples import SECRET, SUBSCRIPTION
from istmo_notify.api.schemas import (
    DeliveryDocument,
    PageDocument,
    SubscriptionDocument,
    SubscriptionForm,
    Subscriptions,
    WebhookChannel,
)
from istmo_notify.api.streaming import EVENT_STREAM, LAST_EVENT_ID, Streams, page_response, start_of
from istmo_notify.channels.addresses import ForbiddenEndpoint, vet_url
from istmo_notify.domain.views import View
from istmo_notify.feeds import MOST_ITEMS, Feeds, ListClosed, Page
from istmo_notify.store import lists, subscriptions
from istmo_notify.store.subscriptions import Subscription

__all__ = ["Subscribing", "subscriptions_router"]


_ALWAYS: Final = ("unauthenticated", "unavailable")


def _new_id() -> str:
    return f"sub_{secrets.token_hex(16)}"


def _new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


@dataclass(frozen=True, slots=True)
class Subscribing:
    """What subscribing needs: the tables, how many one partner may have, and what endpoints are allowed."""

    pool: Pool
    most: int
    allow_loopback: bool
    new_id: Callable[[], str] = field(default=_new_id)
    new_secret: Callable[[], str] = field(default=_new_secret)

    async def add(self, request: Request, reader: Reader, form: SubscriptionForm) -> SubscriptionDocument:
        """A new subscription. Raises the problems `invalid-request` and `too-many-subscriptions`."""
        url = form.channel.url if isinstance(form.channel, WebhookChannel) else None
        if url is not None:
            self._vet(request, url)
        partner, secret = str(reader.partner), None if url is None else self.new_secret()
        view = View(form.filter.filter(), partner, _language(form, reader))
        async with self.pool.connection() as connection, connection.transaction():
            # No list is written meanwhile: what the new list does not tell is in the tables already.
            await lists.lock_lists(connection)
            if await subscriptions.count(connection, partner) >= self.most:
                raise Problem("too-many-subscriptions")
            line = await lists.open_view(connection, view)
            name = self.new_id()
            await subscriptions.add(connection, name, partner, line, url, secret)
            made = await subscriptions.find(connection, partner, name)
        return _document(_found(made), secret)

    async def find(self, reader: Reader, name: str) -> Subscription:
        """A subscription of the reader's. Raises the problem `not-found` for any other, whether it exists or not."""
        async with self.pool.connection() as connection:
            return _found(await subscriptions.find(connection, str(reader.partner), name))

    async def all(self, reader: Reader) -> Subscriptions:
        """All subscriptions of the reader's."""
        async with self.pool.connection() as connection:
            found = await subscriptions.of_partner(connection, str(reader.partner))
        return Subscriptions(items=[_document(one) for one in found], most=self.most)

    async def remove(self, reader: Reader, name: str) -> None:
        """End a subscription, and its list with the last one that follows it."""
        async with self.pool.connection() as connection, connection.transaction():
            await lists.lock_lists(connection)
            view = await subscriptions.remove(connection, str(reader.partner), name)
            if view is None:
                raise Problem("not-found")
            await lists.close_if_unfollowed(connection, view)

    async def resume(self, reader: Reader, name: str) -> SubscriptionDocument:
        """Let a paused webhook go on where it stands."""
        async with self.pool.connection() as connection, connection.transaction():
            _found(await subscriptions.find(connection, str(reader.partner), name))
            await subscriptions.resume(connection, name)
            return _document(_found(await subscriptions.find(connection, str(reader.partner), name)))

    def _vet(self, request: Request, url: str) -> None:
        try:
            vet_url(url, allow_loopback=self.allow_loopback)
        except ForbiddenEndpoint as error:
            wrong = field_error("/body/channel/url", error.code, language_of_request(request))
            raise Problem("invalid-request", errors=[wrong]) from None


def _name(text: str) -> str:
    # What is not even written like an id is as unknown as any other.
    if re.fullmatch(r"sub_[0-9a-f]{32}", text) is None:
        raise Problem("not-found")
    return text


Name = Annotated[
    str,
    Path(alias="id", description="The id of a subscription.", examples=["sub_0f6e1c2d3b4a59687786950a1b2c3d4e"]),
    AfterValidator(_name),
]
"""The id of a subscription in an address. Raises the problem `not-found` for anything else."""


def subscriptions_router(subscribing: Subscribing, feeds: Feeds, streams: Streams, access: Access) -> APIRouter:
    """The routes below `/v1/subscriptions`."""
    router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
    partner = Annotated[Reader, Depends(access.partner)]

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        responses={
            201: {"content": {"application/json": {"example": SUBSCRIPTION | {"secret": SECRET}}}},
            **problems("bad-request", "too-many-subscriptions", "too-large", "invalid-request", *_ALWAYS),
        },
        response_model_exclude_none=True,
        summary="Subscribe",
    )
    async def subscribe(request: Request, reader: partner, form: SubscriptionForm) -> SubscriptionDocument:
        """From now on, what the filter asks for is in the list that the subscription follows."""
        return await subscribing.add(request, reader, form)

    @router.get("", responses=problems(*_ALWAYS), summary="One's subscriptions")
    async def subscribed(reader: partner) -> Subscriptions:
        """All subscriptions of the partner, oldest first."""
        return await subscribing.all(reader)

    @router.get("/{id}", responses=problems("not-found", *_ALWAYS), summary="One subscription")
    async def subscription(reader: partner, name: Name) -> SubscriptionDocument:
        """The subscription, and how delivery to it goes."""
        return _document(await subscribing.find(reader, name))

    @router.delete(
        "/{id}",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problems("not-found", *_ALWAYS),
        summary="Unsubscribe",
    )
    async def unsubscribe(reader: partner, name: Name) -> None:
        """Nothing more is sent; what waits is dropped."""
        await subscribing.remove(reader, name)

    @router.post("/{id}/resume", responses=problems("not-found", *_ALWAYS), summary="Resume a paused webhook")
    async def resume(reader: partner, name: Name) -> SubscriptionDocument:
        """Delivery goes on behind what was delivered last."""
        return await subscribing.resume(reader, name)

    @router.get(
        "/{id}/events",
        responses=problems("not-found", "invalid-request", *_ALWAYS),
        response_model=PageDocument,
        summary="Any range of the list",
    )
    async def events(
        reader: partner,
        name: Name,
        after: Annotated[int, Query(ge=0, le=2**53, description="The number behind which the range begins.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ITEMS, description="The most items of a page.")] = 100,
    ) -> Response:
        """Everything behind the number `after`, as it may be read now."""
        found = await subscribing.find(reader, name)
        return page_response(await feeds.page(found.line.view, reader, after, limit))

    @router.get(
        "/{id}/stream",
        responses={200: EVENT_STREAM, **problems("not-found", "epoch-closed", "invalid-request", *_ALWAYS)},
        openapi_extra={"parameters": [LAST_EVENT_ID]},
        response_class=Response,
        summary="The list as server-sent events",
    )
    async def events_as_stream(request: Request, reader: partner, name: Name) -> Response:
        """Everything behind `Last-Event-ID`, without one behind the subscription's start, and what comes."""
        found = await subscribing.find(reader, name)
        start = start_of(request, found.line, found.start)

        async def look(number: int) -> Page:
            # A stream outlives what its reader may see, and the key that it was opened with.
            try:
                now = access.partner(request)
            except Problem:
                raise ListClosed from None
            return await feeds.page(found.line.view, now, number)

        return streams.open(look, start)

    return router


def _found(subscription: Subscription | None) -> Subscription:
    if subscription is None:
        raise Problem("not-found")
    return subscription


def _language(form: SubscriptionForm, reader: Reader) -> Language:
    return "es" if (form.language or reader.language) == "es" else "en"


def _document(subscription: Subscription, secret: str | None = None) -> SubscriptionDocument:
    fields: dict[str, Any] = {}
    if subscription.endpoint is not None:
        e = subscription.endpoint
        fields["delivery"] = DeliveryDocument(
            url=e.url,
            delivered=e.delivered,
            due=format_time(e.due),
            failures=e.failures,
            last_status=e.last_status,
            last_reason=e.last_reason,
            paused=e.paused,
        )
    return SubscriptionDocument(
        id=subscription.id,
        view=subscription.line.view,
        epoch=subscription.line.epoch,
        start=subscription.start,
        last=subscription.line.last,
        filter=subscription.view.filter.to_json(),
        language=subscription.view.language,
        channel=subscription.channel,
        created=format_time(subscription.created),
        secret=secret,
        **fields,
    )
