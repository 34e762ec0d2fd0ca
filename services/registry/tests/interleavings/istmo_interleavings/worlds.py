"""Small worlds around what only meetings of stages can break, besides those of the oracle."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from istmo_oracle.building import Sent, activity, payment, withdrawal
from istmo_oracle.worlds import NARROW, WORLDS, World
from istmo_registry.domain.parameters import PARAMETERS

__all__ = ["MEETING_WORLDS"]

_PATROLS: Final = "Joint border patrols against contraband"
_PHASE: Final = f"{_PATROLS}, fase I"
_COURTS: Final = "Mobile courts for remote valleys"
_YOUTH: Final = "Youth orchestras for neighbourhoods without violence"


def _named(*codes: str) -> dict[str, Any]:
    return {"other_identifiers": [{"identifier": code, "type": "A9"} for code in codes]}


_NORTH, _SOUTH = _named("NORTH-77-0001"), _named("SOUTH-88-0002")

MEETING_WORLDS: Final = (
    *(world for world in WORLDS.values() if world.meets),
    World(
        "two more contents of one id",
        (
            activity(Sent("1", 5), "XA", "a", _PATROLS),
            activity(Sent("2", 6), "XB", "b", _PATROLS),
            activity(Sent("1", 4), "XB", "c", _PATROLS),
            activity(Sent("1", 3), "XB", "b", _COURTS),
        ),
    ),
    World(
        "a payment and a report at once",
        (
            activity(Sent("1", 1, 1), "XA", "a", _PATROLS, transactions=[]),
            activity(Sent("2", 2, 2), "XB", "b", _PATROLS),
            payment(Sent("3", 3, 3), "XA", "a", "t", receiver={"activity": "b"}),
            activity(Sent("4", 4, 4), "XA", "a", _COURTS),
        ),
        NARROW,
    ),
    World(
        "each other's best get rivals at once",
        (
            activity(Sent("1", 1), "XA", "a", _PATROLS),
            activity(Sent("2", 2), "XB", "b", _PATROLS),
            activity(Sent("3", 3), "XB", "c", _PATROLS),
            activity(Sent("4", 4), "XA", "d", _PATROLS),
        ),
        PARAMETERS,
    ),
    World(
        "each other's best lose a rival on either side at once",
        (
            activity(Sent("1", 1), "XA", "a", [_PATROLS, _COURTS]),
            activity(Sent("2", 2), "XB", "b", [_PATROLS, _YOUTH]),
            activity(Sent("3", 3, 3), "XA", "c", _YOUTH),
            activity(Sent("4", 4, 4), "XB", "d", _COURTS),
            withdrawal(Sent("5", 5, 5), "XA", "c"),
            withdrawal(Sent("6", 6, 6), "XB", "d"),
        ),
        PARAMETERS,
    ),
    World(
        "each other's best get a rival on either side at once",
        (
            activity(Sent("1", 1), "XA", "a", [_PATROLS, _COURTS]),
            activity(Sent("2", 2), "XB", "b", [_PATROLS, _YOUTH]),
            activity(Sent("3", 3), "XA", "c", _YOUTH),
            activity(Sent("4", 4), "XB", "d", _COURTS),
        ),
        PARAMETERS,
    ),
    World(
        "what was cut for its size falls apart by a rival at its far end",
        (
            activity(Sent("1", 1), "XA", "a", _PATROLS),
            activity(Sent("2", 2), "XB", "b", [_PATROLS, _COURTS]),
            activity(Sent("3", 3), "XC", "c", [_COURTS, _YOUTH]),
            activity(Sent("4", 4), "XD", "d", _YOUTH),
            activity(Sent("5", 5), "XB", "e", _YOUTH),
        ),
        replace(PARAMETERS, largest_programme=3, raised_lines=(Decimal(99),)),
    ),
    World(
        "both sides of a suspicion grow at once",
        (
            activity(Sent("1", 1), "XA", "b", _PATROLS, **_NORTH),
            activity(Sent("2", 2), "XB", "d", _PHASE, **_SOUTH),
            activity(Sent("3", 3), "XA", "a", _PATROLS, **_NORTH),
            activity(Sent("4", 4), "XB", "c", _PHASE, **_SOUTH),
        ),
        PARAMETERS,
    ),
    World(
        "both sides of a suspicion shrink at once",
        (
            activity(Sent("1", 1, 1), "XA", "b", _PATROLS, **_NORTH),
            activity(Sent("2", 2, 2), "XB", "d", _PHASE, **_SOUTH),
            activity(Sent("3", 3, 3), "XA", "a", _PATROLS, **_NORTH),
            activity(Sent("4", 4, 4), "XB", "c", _PHASE, **_SOUTH),
            withdrawal(Sent("5", 5, 5), "XA", "a"),
            activity(Sent("6", 6, 6), "XB", "c", _YOUTH),
        ),
        PARAMETERS,
    ),
    World(
        "both sides of a suspicion are joined, and one goes",
        (
            activity(Sent("1", 1, 1), "XA", "a", _PATROLS, transactions=[], **_NORTH),
            activity(Sent("2", 2, 2), "XB", "b", _PHASE, transactions=[], **_SOUTH),
            activity(Sent("3", 3, 3), "XC", "c", _PHASE, **_named("NORTH-77-0001", "SOUTH-88-0002")),
            activity(Sent("4", 4, 4), "XA", "a", _YOUTH),
        ),
        PARAMETERS,
    ),
)
"""Those of the oracle's worlds that are worth it, and these."""
