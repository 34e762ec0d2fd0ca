"""For operators: dead letters."""

from collections.abc import Awaitable
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, Query

from istmo_common.access import Access
from istmo_common.errors import BrokerUnavailable
from istmo_common.kafka.batches import Place
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem
from istmo_registry.api.schemas.common import Word
from istmo_registry.api.schemas.dead_letters import (
    LetterDocument,
    LettersDocument,
    PurgedDocument,
    ReplayedDocument,
    ReplayForm,
    WantedForm,
)
from istmo_registry.dead_letters import LetterBox, Listed, Wanted

__all__ = ["dead_letters_router"]

_RETRY_SECONDS: Final = 2.0

T = TypeVar("T")


def dead_letters_router(letters: LetterBox, access: Access) -> APIRouter:
    """`/v1/admin/dead-letters`, for the admin key alone."""
    router = APIRouter(
        prefix="/v1/admin/dead-letters",
        tags=["operations"],
        dependencies=[Depends(access.operator)],
        responses=problems("invalid-request", "unauthenticated", "forbidden", "unavailable"),
    )

    @router.get("", summary="Records that break the contract")
    async def list_letters(
        topic: Annotated[Word, Query(description="The original's topic.")] = None,
        reason: Annotated[Word, Query(description="A part of the reason.")] = None,
        event: Annotated[Word, Query(description="The id of the original's event.")] = None,
        settled: Annotated[bool, Query(description="Whether replayed and purged ones are listed too.")] = False,
        limit: Annotated[int, Query(ge=1, le=1000, description="The most letters.")] = 200,
    ) -> LettersDocument:
        """Each with its reason and its place. Those that were replayed or purged come only if asked for."""
        found = await _reaching(letters.find(Wanted(None, topic, reason, event)))
        listed = [each for each in found if settled or each.outcome is None]
        return LettersDocument(letters=[_document(each) for each in listed[:limit]], total=len(listed))

    @router.post(
        "/replay", responses=problems("bad-request", "too-large"), summary="Send originals back to their topics"
    )
    async def replay(form: ReplayForm) -> ReplayedDocument:
        """With their own keys and headers. Whoever replays a letter a second time is told so, and nothing is sent."""
        done = await _reaching(letters.replay(_wanted(form), again=form.again))
        return ReplayedDocument(
            sent=[str(place) for place in done.sent],
            settled_before=[_document(each) for each in done.settled_before],
            failed=[str(place) for place in done.failed],
        )

    @router.post("/purge", responses=problems("bad-request", "too-large"), summary="Put dead letters away")
    async def purge(form: WantedForm) -> PurgedDocument:
        """They are listed no more."""
        return PurgedDocument(purged=[str(place) for place in await _reaching(letters.purge(_wanted(form)))])

    return router


def _wanted(form: WantedForm) -> Wanted:
    if not (form.places or form.topic or form.reason or form.everything):
        raise Problem("invalid-request")
    places = None if form.places is None else frozenset(map(Place.read, form.places))
    return Wanted(places, form.topic, form.reason)


async def _reaching(act: Awaitable[T]) -> T:
    try:
        return await act
    except BrokerUnavailable:
        raise Problem("unavailable", retry_after_seconds=_RETRY_SECONDS) from None


def _document(listed: Listed) -> LetterDocument:
    letter = listed.letter
    return LetterDocument(
        place=str(letter.place),
        **letter.place._asdict(),
        reason=letter.reason,
        group=letter.group,
        written=letter.written,
        key=None if letter.key is None else letter.key.decode("utf-8", "replace"),
        event=letter.event,
        outcome=listed.outcome,
        settled=listed.settled,
    )
