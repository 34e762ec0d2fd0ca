"""Pages by position: what follows the last item that the reader has seen, never a number of items."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from istmo_common.access import language_of_request
from istmo_common.canonical import kafka_key, parse_kafka_key
from istmo_common.problems import Problem, field_error
from istmo_registry.domain.ids import ActivityId

__all__ = ["PageQuery", "activity_before", "page_of", "position_of"]

T = TypeVar("T")


class PageQuery(BaseModel):
    """What every list takes. An unknown parameter is refused: a filter with a slip in its name would filter nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Annotated[str | None, Field(max_length=4000, description="From `next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="The most items of a page.")] = 50


def position_of(request: Request, after: str | None, parts: int) -> tuple[str, ...] | None:
    """The position, of so many parts, that `after` names; None at the beginning. Raises `invalid-request`."""
    if after is None:
        return None
    try:
        position = parse_kafka_key(base64.urlsafe_b64decode(after.encode() + b"=="))
        if len(position) == parts and not any("\x00" in part for part in position):
            return position
    except (ValueError, binascii.Error):
        pass
    raise Problem("invalid-request", errors=[field_error("/query/after", "cursor", language_of_request(request))])


def activity_before(request: Request, after: str | None) -> ActivityId | None:
    """The activity behind which the page begins. Raises `invalid-request`."""
    position = position_of(request, after, 2)
    return None if position is None else ActivityId(*position)


def page_of(
    request: Request, items: Sequence[T], limit: int, positions: Sequence[tuple[str, ...]]
) -> tuple[list[T], str | None]:
    """The first `limit` of `items`, and the address of the next page if there is more.

    `items` are what the reader may see, up to one more than the page takes; `positions` run beside them.
    """
    if len(items) <= limit:
        return list(items), None
    cursor = base64.urlsafe_b64encode(kafka_key(*positions[limit - 1])).decode().rstrip("=")
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return list(items[:limit]), f"{request.url.path}?{urlencode([*query, ('after', cursor)])}"
