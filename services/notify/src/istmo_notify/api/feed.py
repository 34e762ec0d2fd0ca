"""The public feed: what anyone may read, without a key and without a subscription."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from istmo_common.access import language_of_request
from istmo_common.catalogue import Language
from istmo_common.problem_documents import problems
from istmo_notify.api.schemas import LANGUAGE, FilterForm, PageDocument
from istmo_notify.api.streaming import EVENT_STREAM, LAST_EVENT_ID, Streams, page_response, start_of
from istmo_notify.domain.filters import EVERYTHING
from istmo_notify.domain.views import View
from istmo_notify.feeds import MOST_ITEMS, Feeds

__all__ = ["feed_router"]


class FeedQuery(FilterForm):
    """A filter laid over the public list, and the range asked for. Numbers stay those of the whole list.

    `after` None: a range begins at the beginning, a stream at the end.
    """

    after: Annotated[int | None, Query(ge=0, le=2**53, description="The number behind which to begin.")] = None
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS, description="The most items of a page.")] = 100
    language: Annotated[Language | None, Query(description=LANGUAGE)] = None


def feed_router(feeds: Feeds, streams: Streams) -> APIRouter:
    """The route `/v1/feed`."""
    router = APIRouter(tags=["feed"])

    @router.get(
        "/v1/feed",
        responses={200: EVENT_STREAM, **problems("epoch-closed", "invalid-request", "unavailable")},
        openapi_extra={"parameters": [LAST_EVENT_ID]},
        response_model=PageDocument,
        summary="Programmes that anyone may read, as they change",
    )
    async def feed(request: Request, query: Annotated[FeedQuery, Query()]) -> Response:
        """A range of the public list as JSON, or the list as server-sent events (`Accept: text/event-stream`).

        A page or a heartbeat says up to which number everything that the filter lets through has been told.
        """
        view = View(EVERYTHING, None, query.language or language_of_request(request)).id
        chosen = query.filter()
        if "text/event-stream" not in request.headers.get("accept", ""):
            response = page_response(await feeds.public_page(view, chosen, query.after or 0, query.limit))
        else:
            line = await feeds.line(view)
            start = start_of(request, line, line.last if query.after is None else query.after)
            response = streams.open(lambda number: feeds.public_page(view, chosen, number), start)
        response.headers["Vary"] = "Accept, Accept-Language"
        return response

    return router
