"""Two worlds that differ only in what others than one reporter may not see."""

from typing import Any, Final

from istmo_common.events.envelope import CloudEvent
from istmo_oracle.building import Sent, activity, payment, transaction, unpay, withdrawal
from istmo_registry_api.registry import handle_of

__all__ = ["BARE", "CANARY", "FULL", "HIDDEN", "STRANGER", "TELLER", "VISIBLE"]

CANARY: Final = "canary"
"""In every text that only `FULL` has."""
TELLER: Final = "teller"
"""The partner whose reports are in part restricted; it owns T."""
STRANGER: Final = "stranger"
"""Another partner; it owns S."""

_TITLE: Final = "Youth violence prevention in San Pedro Sula"
_AWARD: Final[dict[str, Any]] = {"other_identifiers": [{"identifier": "AWARD-12345", "type": "A2"}]}
_RED: Final[dict[str, Any]] = {"marking": {"tlp": "RED"}}


def _with(*names: str) -> dict[str, Any]:
    taking_part = [{"role": "4", "names": [{"text": name}]} for name in names]
    return {"participating_organisations": taking_part}


def _line(amount: str, **stated: Any) -> dict[str, Any]:
    return transaction(amount, ref="Expense", recipient_country={"code": "HN"}, **stated)


def _secret(amount: str, **stated: Any) -> dict[str, Any]:
    receiver = {"names": [{"text": f"{CANARY} receiver"}]}
    return _line(amount, **_RED, description=[{"text": CANARY}], receiver=receiver, **stated)


_OPEN: Final = [_line("100"), _line("100"), _line("40", transaction_id="t40"), transaction("8", "2", ref="Grant")]
_STRANGERS: Final = [
    activity(Sent("s1", 1, partner=STRANGER), "S", "s1", _TITLE, transactions=[_line("70")]),
    activity(Sent("s2", 2, partner=STRANGER), "S", "s2", "Border control at El Amatillo", **_AWARD),
]

BARE: Final[list[CloudEvent]] = [
    *_STRANGERS,
    activity(Sent("t1", 10, partner=TELLER), "T", "t1", _TITLE, transactions=_OPEN, **_with("Joint Office")),
    activity(Sent("t2", 11, partner=TELLER), "T", "t2", "Roads", country="GT", transactions=[]),
    activity(Sent("t3", 12, partner=TELLER), "T", "t3", "Courts", country="SV", transactions=[_line("5")]),
    withdrawal(Sent("t3w", 13, partner=TELLER), "T", "t3"),
    activity(Sent("t9", 14, partner=TELLER), "T", "t9", _TITLE, transactions=[_line("100")]),
    payment(Sent("t9p", 15, partner=TELLER), "T", "t9", "p1", amount="3"),
]
"""What everybody may see."""

FULL: Final[list[CloudEvent]] = [
    *_STRANGERS,
    # The same list with lines between that nobody else may see: equal ones, ones with the same reference.
    activity(
        Sent("t1", 10, partner=TELLER),
        "T",
        "t1",
        _TITLE,
        transactions=[_line("100", **_RED), *_OPEN, _secret("41"), transaction("9", "2", ref="Grant", **_RED)],
        **_with("Joint Office"),
    ),
    # Sent again because only a hidden line has changed.
    activity(
        Sent("t1b", 20, partner=TELLER),
        "T",
        "t1",
        _TITLE,
        transactions=[_line("100", **_RED), *_OPEN, _secret("42"), transaction("9", "2", ref="Grant", **_RED)],
        **_with("Joint Office"),
    ),
    payment(Sent("t1p", 21, partner=TELLER), "T", "t1", CANARY, amount="12", **_RED),
    payment(Sent("t1q", 22, partner=TELLER), "T", "t1", "gone", amount="13", **_RED),
    unpay(Sent("t1u", 23, partner=TELLER), "T", "t1", "gone"),
    # Restricted for a while, before and between.
    activity(Sent("t2z", 9, partner=TELLER), "T", "t2", CANARY, country="PA", tlp="AMBER", transactions=[_line("1")]),
    activity(Sent("t2", 11, partner=TELLER), "T", "t2", "Roads", country="GT", transactions=[]),
    activity(Sent("t2r", 24, partner=TELLER), "T", "t2", CANARY, country="PA", tlp="RED", transactions=[_line("2")]),
    activity(Sent("t2o", 25, partner=TELLER), "T", "t2", "Roads", country="GT", transactions=[]),
    *BARE[4:],
    # Activities that are restricted from the first to the last: like others, referring to others, counted with none.
    activity(
        Sent("h1", 30, partner=TELLER),
        "T",
        "h1",
        f"{_TITLE} {CANARY}",
        tlp="GREEN",
        **_AWARD,
        transactions=[_line("100"), _secret("1000")],
        related_activities=[{"activity": "s1", "type": "1"}],
    ),
    activity(
        Sent("h1b", 31, partner=TELLER),
        "T",
        "h1",
        f"{_TITLE} CARSI {CANARY}",
        tlp="AMBER+STRICT",
        **_AWARD,
        **_with("Joint Office", f"{CANARY} office"),
        transactions=[_line("100"), _secret("2000")],
    ),
    activity(Sent("h2", 32, partner=TELLER), "T", "h2", CANARY, tlp="RED"),
    withdrawal(Sent("h2w", 33, partner=TELLER), "T", "h2"),
    activity(Sent("a0", 34, partner=TELLER), "T", "a0", f"{_TITLE} {CANARY}", tlp="RED", transactions=[_line("100")]),
    payment(Sent("h3p", 35, partner=TELLER), "T", "h3", CANARY, amount="77"),
    withdrawal(Sent("h4w", 36, partner=TELLER), "T", "h4"),
    # One event id with two contents, of which the restricted one does not count.
    activity(Sent("t9", 37, partner=TELLER), "T", "t9", CANARY, tlp="RED"),
]
"""The same, and what the teller keeps to itself: added, changed, withdrawn, and between what is open."""

_OPEN_NAMES: Final = (("S", "s1"), ("S", "s2"), ("T", "t1"), ("T", "t2"), ("T", "t3"), ("T", "t9"))
VISIBLE: Final = [handle_of(*name) for name in _OPEN_NAMES]
"""Ids that everybody knows."""
HIDDEN: Final = [handle_of("T", activity) for activity in ("h1", "h2", "h3", "h4", "a0")]
"""Ids of which only the teller knows."""
