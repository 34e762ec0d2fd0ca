"""POST /v1/events."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter, Request, Response

from istmo_common.access import language_of_request
from istmo_common.kafka.headers import parent_of
from istmo_common.measures import RECEIPTS
from istmo_common.partners import PartnerDirectory
from istmo_ingest.api.bindings import read_events
from istmo_ingest.api.callers import LANGUAGE, identify
from istmo_ingest.api.documents import EVENT_ANSWERS, EVENT_BODY, BatchReceipts, ReceiptDocument
from istmo_ingest.api.receipts import batch_response, single_response
from istmo_ingest.posting import Posting

__all__ = ["EVENTS_PATH", "PostEvents", "events_router", "post_events_endpoint"]

EVENTS_PATH: Final = "/v1/events"

PostEvents = Callable[[Request], Awaitable[Response]]


def post_events_endpoint(posting: Posting, directory: PartnerDirectory) -> PostEvents:
    """What answers a request that posts events."""

    async def post_events(request: Request) -> Response:
        """Each event is acknowledged once the log keeps it; the same id with the same content counts once."""
        poster = identify(request, directory)
        posted = await read_events(request)
        receipts = await posting.post(poster, posted.events, _traceparent(request))
        for status, count in Counter(receipt.status for receipt in receipts).items():
            RECEIPTS.add(count, status.value)
        language = language_of_request(request)
        if posted.batch:
            return batch_response(receipts, language)
        return single_response(receipts[0], language)

    return post_events


def events_router(post_events: PostEvents) -> APIRouter:
    """The route by which reports come in."""
    router = APIRouter(tags=["events"])
    router.post(
        EVENTS_PATH,
        status_code=202,
        response_model=ReceiptDocument | BatchReceipts,
        responses=EVENT_ANSWERS,
        openapi_extra=EVENT_BODY | {"parameters": [*EVENT_BODY["parameters"], LANGUAGE]},
        summary="Report activities and transactions",
    )(post_events)
    return router


def _traceparent(request: Request) -> str | None:
    stated = request.headers.get("traceparent")
    return stated if parent_of(stated) is not None else None
