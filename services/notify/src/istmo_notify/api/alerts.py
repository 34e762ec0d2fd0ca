"""The alerts of a partner, as they stand."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from istmo_common.access import Access
from istmo_common.catalogue import Language
from istmo_common.disclosure import Reader
from istmo_common.postgres import Pool
from istmo_common.problem_documents import problems
from istmo_common.times import format_time
from istmo_notify.api.schemas import LANGUAGE, AlertDocument, Alerts
from istmo_notify.domain.reading import Sight, may_read
from istmo_notify.domain.views import Item
from istmo_notify.store import lists, stored_alerts
from istmo_notify.store.stored_alerts import StoredAlert

__all__ = ["alerts_router"]


def alerts_router(pool: Pool, access: Access) -> APIRouter:
    """The route `/v1/alerts`."""
    router = APIRouter(tags=["alerts"])

    @router.get(
        "/v1/alerts", responses=problems("unauthenticated", "invalid-request", "unavailable"), summary="One's alerts"
    )
    async def alerts(
        reader: Annotated[Reader, Depends(access.partner)],
        language: Annotated[Language | None, Query(description=LANGUAGE)] = None,
        after: Annotated[
            str, Query(max_length=40, pattern=r"^[a-z0-9-]*$", description="`next` of the page before.")
        ] = "",
        limit: Annotated[int, Query(ge=1, le=500, description="The most alerts of a page.")] = 100,
        cleared: Annotated[bool, Query(description="Whether cleared ones are shown too.")] = False,
    ) -> Alerts:
        """The partner's alerts in its language, those that stand, and the cleared ones too where `cleared` is true."""
        spoken: Language = language or ("es" if reader.language == "es" else "en")
        async with pool.connection() as connection:
            found = await stored_alerts.of_recipient(connection, str(reader.partner), after, limit + 1, cleared=cleared)
            page = found[:limit]
            sight = await lists.sight_of(connection, [_item(one, spoken) for one in page])
        items = [_document(one, spoken, sight, reader) for one in page]
        return Alerts(items=items, next=page[-1].alert.id if len(found) > limit else None)

    return router


def _item(stored: StoredAlert, language: Language) -> Item:
    told = stored.alert.told.get(language)
    return Item("alert.raised", stored.alert.id, b"", frozenset() if told is None else told.mentions)


def _document(stored: StoredAlert, language: Language, sight: Sight, reader: Reader) -> AlertDocument:
    alert = stored.alert
    told = alert.told.get(language)
    said: dict[str, Any] | None = None
    if told is not None and may_read(_item(stored, language), sight, reader):
        said = json.loads(told.data)
    return AlertDocument(
        id=alert.id,
        kind=alert.kind,
        state=alert.state,
        revision=alert.revision,
        raised=format_time(stored.raised),
        changed=format_time(stored.changed),
        alert=said,
    )
