"""Small event sets: named ones, each around one rule, and a generator of random ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from hypothesis import strategies as st

from istmo_common.events.envelope import CloudEvent
from istmo_oracle.building import (
    Sent,
    activity,
    import_withdrawal,
    merge,
    organisation,
    payment,
    transaction,
    undo_merge,
    unpay,
    withdrawal,
)
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS, Parameters

__all__ = ["NARROW", "WORLDS", "World", "event_sets"]

NARROW: Final = replace(PARAMETERS, carrier_limit=2)
"""The committed parameters but for the number of carriers that kills a key: small worlds can cross it."""


@dataclass(frozen=True)
class World:
    """A set of events, in one order, and the parameters under which it is interesting.

    `meets`: it is worth seeing how two workers meet over the last two events.
    """

    name: str
    events: tuple[CloudEvent, ...]
    parameters: Parameters = NARROW
    meets: bool = True


PATROLS = "Joint border patrols against contraband"
YOUTH = "Youth orchestras for neighbourhoods without violence"
COURTS = "Mobile courts for remote valleys"


def _worlds() -> Iterator[World]:
    yield World(
        "a title goes from A to B and back to A",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS),
            activity(Sent("2", 2, 2), "XB", "b", PATROLS),
            activity(Sent("3", 3, 3), "XA", "a", COURTS),
            activity(Sent("4", 4, 4), "XA", "a", PATROLS),
        ),
    )
    yield World(
        "report, withdraw, report again",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5", transaction_id="t")]),
            activity(Sent("2", 2, 2), "XB", "b", PATROLS),
            withdrawal(Sent("3", 3, 3), "XA", "a"),
            activity(Sent("4", 4, 4), "XA", "a", PATROLS),
        ),
    )
    yield World(
        "two reporters of one work",
        (
            activity(Sent("1", 1), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("2", 2), "XB", "b", PATROLS, transactions=[transaction("5")]),
        ),
    )
    yield World(
        "a key dies and comes alive",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS),
            activity(Sent("2", 2, 2), "XB", "b", PATROLS),
            activity(Sent("3", 3, 3), "XC", "c", PATROLS),
            activity(Sent("4", 4, 4), "XA", "a", COURTS),
        ),
    )
    yield World(
        "a key dies for good",
        tuple(activity(Sent(name, minute), f"X{name}", name, PATROLS) for minute, name in enumerate("ABC")),
    )
    yield World(
        "a chain of references",
        (
            activity(
                Sent("1", 1),
                "XA",
                "a",
                PATROLS,
                transactions=[transaction("9", "2", receiver={"identifier": "XB", "activity": "b"})],
            ),
            activity(
                Sent("2", 2), "XB", "b", PATROLS, related_activities=[{"activity": "c", "type": "2"}], transactions=[]
            ),
            activity(Sent("3", 3), "XC", "c", PATROLS, related_activities=[{"activity": "nowhere", "type": "1"}]),
            activity(Sent("4", 4), "XD", "d", PATROLS, other_identifiers=[{"identifier": "XA-CODE-77", "type": "A9"}]),
            activity(Sent("5", 5), "XE", "e", COURTS, other_identifiers=[{"identifier": "xa code 77", "type": "A9"}]),
        ),
        PARAMETERS,
    )
    yield World(
        "two programmes become one",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS),
            activity(Sent("2", 2, 2), "XB", "b", PATROLS),
            activity(Sent("3", 3, 3), "XC", "c", YOUTH),
            activity(Sent("4", 4, 4), "XD", "d", YOUTH),
            activity(Sent("5", 5, 5), "XE", "e", [PATROLS, YOUTH]),
        ),
        PARAMETERS,
    )
    yield World(
        "a programme falls apart by a changed title",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("2", 2, 2), "XB", "b", [PATROLS, YOUTH]),
            activity(Sent("3", 3, 3), "XC", "c", YOUTH, transactions=[transaction("5")]),
            activity(Sent("4", 4, 4), "XB", "b", COURTS),
        ),
    )
    yield World(
        "another content of one id, recorded earlier, arrives later",
        (
            activity(Sent("1", 5), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("2", 6), "XB", "b", PATROLS),
            activity(Sent("1", 3), "XB", "b2", COURTS),
        ),
    )
    yield World(
        "a transaction before its activity",
        (
            payment(Sent("1", 1, 1), "XA", "a", "t", amount="7"),
            payment(Sent("2", 2, 2), "XA", "a", "u", amount="8"),
            unpay(Sent("3", 3, 3), "XA", "a", "u"),
            activity(Sent("4", 4, 4), "XA", "a", PATROLS),
        ),
    )
    yield World(
        "payments earlier and later than the list",
        (
            payment(Sent("1", 1, 1), "XA", "a", "t", amount="1"),
            payment(Sent("2", 2, 2), "XA", "a", "u", amount="2"),
            activity(Sent("3", 3, 3), "XA", "a", PATROLS, transactions=[transaction("3", transaction_id="t")]),
            payment(Sent("4", 4, 4), "XA", "a", "v", amount="4"),
            unpay(Sent("5", 5, 5), "XA", "a", "t"),
        ),
    )
    yield World(
        "work becomes restricted and CLEAR again",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("2", 2, 2), "XB", "b", PATROLS),
            activity(Sent("3", 3, 3), "XA", "a", PATROLS, tlp="AMBER"),
            activity(Sent("4", 4, 4), "XA", "a", PATROLS),
        ),
    )
    yield World(
        "the organisation's own report outranks a custodian's",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("2", 2, 2, "custodian", "desk"), "XA", "a", COURTS, transactions=[transaction("6")]),
            activity(Sent("3", 3, 3), "XB", "b", PATROLS),
        ),
    )
    yield World(
        "equal lines of one reporter in one programme",
        (
            activity(Sent("1", 1), "XA", "a", PATROLS, transactions=[transaction("5"), transaction("5")]),
            activity(Sent("2", 2), "XB", "b", PATROLS, transactions=[transaction("5")]),
            activity(
                Sent("3", 3),
                "XA",
                "c",
                PATROLS,
                transactions=[transaction("5"), transaction("5"), transaction("5"), transaction("1", "9")],
            ),
        ),
        PARAMETERS,
    )
    yield World(
        "phases are linked, not joined",
        (
            activity(Sent("1", 1), "XA", "a", f"{PATROLS}, fase I"),
            activity(Sent("2", 2), "XB", "b", f"{PATROLS} (Phase 2)"),
            activity(Sent("3", 3), "XC", "c", PATROLS),
        ),
        PARAMETERS,
    )
    yield World(
        "a question is asked of a work that loses a report",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("2", 2, 2), "XC", "c", PATROLS),
            activity(Sent("3", 3, 3), "XB", "b", "Patrols against contraband at the northern border"),
            activity(Sent("4", 4, 4), "XC", "c", COURTS),
        ),
        PARAMETERS,
    )
    yield World(
        "an older report comes late",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS),
            activity(Sent("2", 9, 0), "XA", "a", COURTS),
            payment(Sent("3", 3, 3), "XB", "b", "t"),
            payment(Sent("4", 4, 2), "XB", "b", "t", amount="2"),
            activity(Sent("5", 5, 5), "XB", "b", YOUTH),
        ),
    )


def _imports() -> Iterator[World]:
    """Worlds in which imports are withdrawn."""
    yield World(
        "an import is withdrawn, and one of its reports comes late",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("2", 2, 2), "XB", "b", PATROLS, transactions=[transaction("5")]),
            activity(Sent("3", 3, 3, import_id="i"), "XC", "c", PATROLS),
            activity(Sent("4", 4, 4, import_id="i"), "XA", "a", COURTS, transactions=[]),
            import_withdrawal(Sent("5", 5), "i"),
        ),
    )
    yield World(
        "one report came with two imports, and both are withdrawn",
        (
            activity(Sent("1", 1, 1), "XA", "a", COURTS),
            activity(Sent("2", 2, 2), "XB", "b", PATROLS),
            activity(Sent("3", 3, 3, import_id="i"), "XA", "a", PATROLS),
            activity(Sent("3", 4, 3, import_id="j"), "XA", "a", PATROLS),
            import_withdrawal(Sent("4", 5), "i"),
            import_withdrawal(Sent("5", 6), "j"),
        ),
    )
    yield World(
        "two contents of one id, and the import of the one that stands is withdrawn",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS),
            activity(Sent("3", 3, import_id="i"), "XA", "a", COURTS),
            activity(Sent("4", 4), "XC", "c", PATROLS),
            activity(Sent("3", 5), "XB", "b", PATROLS),
            import_withdrawal(Sent("5", 6), "i"),
        ),
        PARAMETERS,
    )
    yield World(
        "an import that withdrew an activity and told of payments is withdrawn",
        (
            activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5", transaction_id="t")]),
            activity(Sent("2", 2, 2), "XB", "b", PATROLS),
            withdrawal(Sent("3", 3, 3, import_id="i"), "XA", "a"),
            payment(Sent("4", 4, 4, import_id="i"), "XB", "b", "t", amount="7"),
            payment(Sent("5", 5, 5, import_id="i"), "XC", "c", "t", amount="8"),
            unpay(Sent("6", 6, 6, import_id="i"), "XA", "a", "t"),
            import_withdrawal(Sent("7", 7), "i"),
        ),
        meets=False,
    )
    yield World(
        "what a withdrawn import had contradicted, restricted and told out of order is as before",
        (
            activity(Sent("1", 2, 2), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("2", 3, 3), "XB", "b", PATROLS, transactions=[transaction("5")]),
            activity(Sent("1", 1, 1, import_id="i"), "XA", "a", YOUTH),
            activity(Sent("3", 5, 1, import_id="i"), "XB", "b", COURTS),
            activity(Sent("4", 6, 6, import_id="i"), "XA", "a", COURTS, tlp="RED"),
            import_withdrawal(Sent("5", 4), "i"),
        ),
        meets=False,
    )
    yield World(
        "a file comes back by a new import, and another partner's import of the same id is its own",
        (
            activity(Sent("i/1", 1, 1, import_id="i"), "XA", "a", PATROLS, transactions=[transaction("5")]),
            activity(Sent("1", 1, 1, partner="other", import_id="i"), "XB", "b", PATROLS),
            import_withdrawal(Sent("2", 2), "i"),
            activity(Sent("j/1", 3, 1, import_id="j"), "XA", "a", PATROLS, transactions=[transaction("5")]),
        ),
        meets=False,
    )


def _funded(by: str, implementer: str) -> dict[str, Any]:
    """Who takes part, by identifiers or names that the directory knows, or does not."""
    roles = (("1", by), ("4", implementer))
    return {"participating_organisations": [{"role": role, "names": [{"text": name}]} for role, name in roles]}


def _merges() -> Iterator[World]:
    """Worlds in which organisations are merged: what says that two works are apart, or one, changes."""
    yield World(
        "two funders and two implementers are merged while their works are reported",
        (
            merge(Sent("m", 1), "de-giz", "de-bmz"),
            activity(Sent("1", 2), "XA", "a", PATROLS, **_funded("BMZ", "Chemonics")),
            activity(Sent("2", 3), "XB", "b", PATROLS, **_funded("GIZ", "Creative Associates")),
            merge(Sent("n", 4), "chemonics", "creative"),
        ),
        PARAMETERS,
    )
    yield World(
        "a merge is undone while a work that it concerns is reported",
        (
            activity(Sent("1", 1), "XA", "a", PATROLS, **_funded("SDC", "Chemonics")),
            merge(Sent("m", 2), "ch-sdc", "de-bmz"),
            activity(Sent("2", 3), "XB", "b", PATROLS, **_funded("BMZ", "Chemonics")),
            undo_merge(Sent("u", 4), "m", "ch-sdc", "de-bmz"),
        ),
        PARAMETERS,
    )
    yield World(
        "two merges make a chain at once",
        (
            activity(Sent("1", 1), "XA", "a", PATROLS, **_funded("SDC", "Tetra Tech")),
            activity(Sent("2", 2), "XB", "b", PATROLS, **_funded("GIZ", "Tetra Tech")),
            merge(Sent("m", 3), "de-giz", "ch-sdc"),
            merge(Sent("n", 4), "de-bmz", "de-giz"),
        ),
        PARAMETERS,
    )
    yield World(
        "merges in a ring, one of them of two contents, and an undo of what never came",
        (
            activity(Sent("1", 1), "XA", "a", PATROLS, **_funded("SDC", "Tetra Tech")),
            activity(Sent("2", 2), "XB", "b", PATROLS, **_funded("GIZ", "Tetra Tech")),
            merge(Sent("m", 3), "de-giz", "ch-sdc"),
            merge(Sent("n", 4), "ch-sdc", "de-giz"),
            merge(Sent("n", 5), "pact", "dai"),
            undo_merge(Sent("u", 6), "x", "de-giz", "ch-sdc"),
        ),
        PARAMETERS,
        meets=False,
    )


def _amendments() -> Iterator[World]:
    """Worlds in which the desk changes the directory: whom a report names is known by other names, or at all."""
    yield World(
        "a record is given a name while a work that bears it is reported",
        (
            activity(Sent("1", 1), "XA", "a", PATROLS, **_funded("Cuerpo Zafiro", "Chemonics")),
            organisation(Sent("o", 2), "ch-sdc", 2, aliases=["SDC", "Cuerpo Zafiro"]),
            activity(Sent("2", 3), "XB", "b", PATROLS, **_funded("SDC", "Chemonics")),
        ),
        PARAMETERS,
    )
    yield World(
        "a record is made, takes the identifier of a known one, and is merged",
        (
            activity(Sent("1", 1), "XA", "a", PATROLS, **_funded("Cuerpo Zafiro", "Tetra Tech")),
            activity(Sent("2", 2), "XB", "b", PATROLS, **_funded("GIZ", "Tetra Tech")),
            organisation(Sent("o", 3), "zafiro", 1, aliases=["Cuerpo Zafiro"], identifiers=["CH-4"]),
            organisation(Sent("p", 4), "zafiro", 2, aliases=["Cuerpo Zafiro"]),
            merge(Sent("m", 5), "de-giz", "zafiro"),
        ),
        PARAMETERS,
        meets=False,
    )


WORLDS: Final[dict[str, World]] = {world.name: world for world in (*_worlds(), *_imports(), *_merges(), *_amendments())}
"""The named worlds."""

_NAMES = st.builds(
    ActivityId,
    st.sampled_from(["XA", "XA", "XB", 'Señoría "Ñ"', "𝛀"]),
    st.sampled_from(["a", "b", "é", "AB-2024-0001"]),
)
_TITLES = st.sampled_from(
    [
        PATROLS,
        PATROLS,
        PATROLS,
        PATROLS,
        "Patrullas fronterizas conjuntas contra el contrabando",
        f"{PATROLS}, fase II",
        f"{PATROLS}, phase I",
        YOUTH,
        "Youth orchestras for neighborhoods without",
        COURTS,
        "Information Redacted",
    ]
)
_TRANSACTIONS = st.builds(
    lambda amount, kind, fields: transaction(amount, kind, **fields),
    amount=st.sampled_from(["5", "5", "5", "-5", "0.0000000001"]),
    kind=st.sampled_from(["3", "3", "3", "1", "2", "9"]),
    fields=st.sampled_from(
        [
            {},
            {},
            {},
            {},
            {},
            {"transaction_id": "t"},
            {"ref": "Expense"},
            {"marking": {"tlp": "RED"}},
            {"receiver": {"activity": "b"}},
            {"provider": {"activity": "AB-2024-0001"}},
            {"recipient_country": {"code": "GT"}},
        ]
    ),
)


def _one_of_each_id(transactions: list[dict[str, Any]]) -> bool:
    named = [stated["transaction_id"] for stated in transactions if "transaction_id" in stated]
    return len(named) == len(set(named))


_FIVE = transaction("5")
_LISTS = st.sampled_from([None, [_FIVE], [_FIVE, _FIVE]]) | st.lists(_TRANSACTIONS, max_size=3).filter(_one_of_each_id)
_SENT = st.builds(
    Sent,
    id=st.sampled_from([str(number) for number in range(30)]),
    recorded=st.integers(0, 5),
    time=st.none() | st.integers(0, 5),
    standing=st.sampled_from(["owner", "owner", "owner", "custodian"]),
    partner=st.sampled_from(["one", "two"]),
    import_id=st.sampled_from([None, None, None, "i", "j"]),
)
_FIELDS = st.sampled_from(
    [
        {},
        {},
        {},
        {},
        {},
        {},
        {"related_activities": [{"activity": "a", "type": "1"}]},
        {"related_activities": [{"activity": "b", "type": "3"}]},
        {"related_activities": [{"activity": "é", "type": "5"}]},
        {"participating_organisations": [{"role": "1", "activity": "b"}]},
        {"other_identifiers": [{"identifier": "ab 2024 0001", "type": "A9"}]},
        {"dates": [{"type": "2", "date": "2024-01-01"}, {"type": "4", "date": "2024-12-31"}]},
        {"dates": [{"type": "1", "date": "2025-06-01"}]},
        _funded("SDC", "Pact"),
        _funded("GIZ", "DAI"),
    ]
)
_REPORTED = st.builds(
    lambda sent, name, title, country, tlp, listed, fields: activity(
        sent, name.reporter, name.activity, title, country=country, tlp=tlp, transactions=listed, **fields
    ),
    sent=_SENT,
    name=_NAMES,
    title=_TITLES | st.lists(_TITLES, min_size=2, max_size=2),
    country=st.sampled_from(["HN", "HN", "HN", "HN", "GT", None]),
    tlp=st.sampled_from([*["CLEAR"] * 7, "AMBER"]),
    listed=_LISTS,
    fields=_FIELDS,
)
_PAYMENTS = st.builds(
    lambda sent, name, amount: payment(sent, name.reporter, name.activity, "t", amount=amount),
    _SENT,
    _NAMES,
    st.sampled_from(["5", "6"]),
)
_ENDINGS = st.builds(lambda sent, name: withdrawal(sent, *name), _SENT, _NAMES) | st.builds(
    lambda sent, name: unpay(sent, name.reporter, name.activity, "t"), _SENT, _NAMES
)
_UNDOINGS = st.builds(import_withdrawal, _SENT, st.sampled_from(["i", "j"]))
_MERGED = st.sampled_from([("de-giz", "ch-sdc"), ("ch-sdc", "de-giz"), ("de-bmz", "ch-sdc"), ("pact", "dai")])
_MERGES = st.builds(lambda sent, names: merge(sent, *names), _SENT, _MERGED) | st.builds(
    lambda sent, undoes, names: undo_merge(sent, str(undoes), *names), _SENT, st.integers(0, 29), _MERGED
)
_AMENDED: Final[dict[tuple[str, int], dict[str, Any]]] = {
    ("ch-sdc", 2): {"aliases": ["SDC", "Pact"]},
    ("ch-sdc", 3): {"kind": "isthmus-government"},
    ("zafiro", 1): {"aliases": ["DAI"]},
    ("zafiro", 2): {"aliases": ["GIZ"], "family": "ch-sdc"},
}
_AMENDMENTS = st.builds(
    lambda sent, named: organisation(sent, *named, **_AMENDED[named]), _SENT, st.sampled_from(sorted(_AMENDED))
)
_KINDS = st.sampled_from([*[_REPORTED] * 7, _PAYMENTS, _ENDINGS, _UNDOINGS, _MERGES, _AMENDMENTS])
_EVENTS = _KINDS.flatmap(lambda kind: kind)


def event_sets(max_size: int = 12) -> st.SearchStrategy[list[CloudEvent]]:
    """Random small event sets: ids repeat, with the same and with other contents; times tie; titles are few."""
    sizes = st.integers(1, max_size)
    return sizes.flatmap(lambda size: st.lists(_EVENTS, min_size=size, max_size=size))
