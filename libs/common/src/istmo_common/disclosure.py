"""Who may see what: labels, readers, and values that open only for a reader who may see them.

Values from reports travel as `Marked`. Only `disclose(value, reader)` opens one. A `Marked` refuses to be printed,
formatted, iterated, pickled or encoded, so that a way out that forgot to ask fails instead of leaking.

Until all of the markings are built, whatever is not CLEAR is disclosed to its own reporter alone, and of what the desk
says to stewards alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Generic, NoReturn, TypeVar

__all__ = [
    "CLEAR",
    "DESK",
    "PUBLIC",
    "Custody",
    "DisclosureError",
    "Label",
    "Marked",
    "Marking",
    "Reader",
    "Tlp",
    "disclose",
    "disclosed",
    "refuse_marked",
]

T = TypeVar("T")


class DisclosureError(TypeError):
    """A marked value was about to leave without asking for whom."""


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST, 2022)."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"


DESK: Final = ""
"""In place of a reporter: what the coordination desk itself says. No organisation is called so."""


@dataclass(frozen=True, slots=True, order=True)
class Marking:
    """What one report says about who may read it, with the organisation that said it, or DESK."""

    tlp: Tlp
    reporter: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A set of readers: those whom every one of its markings admits. No marking at all is CLEAR."""

    markings: frozenset[Marking] = frozenset()

    @classmethod
    def of(cls, *markings: Marking) -> "Label":
        """The label of these markings together; CLEAR ones restrict nobody and vanish."""
        return cls(frozenset(m for m in markings if m.tlp is not Tlp.CLEAR))

    def meet(self, other: "Label") -> "Label":
        """Two labels govern by intersection: only who may read under both may read."""
        return Label(self.markings | other.markings)

    @property
    def is_clear(self) -> bool:
        """Whether anyone may read."""
        return not self.markings

    def admits(self, reader: "Reader") -> bool:
        """Whether `reader` may read what carries this label."""
        return all(
            reader.steward if marking.reporter == DESK else reader.reports_for(marking.reporter)
            for marking in self.markings
        )


CLEAR = Label()


@dataclass(frozen=True, slots=True)
class Custody:
    """The organisations for which a partner may report: listed ones, and possibly all that nobody has claimed."""

    owned: frozenset[str] = frozenset()
    custodian_of: frozenset[str] = frozenset()
    claimed_by_anyone: frozenset[str] | None = None
    """Given: the partner is custodian of every organisation outside this set."""

    def standing(self, organisation: str) -> str | None:
        """`owner`, `custodian`, or None where the partner may not report for `organisation`."""
        if organisation in self.owned:
            return "owner"
        if organisation in self.custodian_of:
            return "custodian"
        if self.claimed_by_anyone is not None and organisation not in self.claimed_by_anyone:
            return "custodian"
        return None


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever something is disclosed to. `partner` is None for the public."""

    partner: str | None = None
    custody: Custody = field(default_factory=Custody)
    language: str = "en"
    steward: bool = False

    def reports_for(self, organisation: str) -> bool:
        """Whether this reader is the reporter of what `organisation` reports."""
        return self.custody.standing(organisation) is not None


PUBLIC = Reader()


class Marked(Generic[T]):
    """A value with the label that governs it. Open it with `disclose`."""

    __slots__ = ("_label", "_value")

    def __init__(self, value: T, label: Label) -> None:
        self._value = value
        self._label = label

    @property
    def label(self) -> Label:
        """Who may read the value."""
        return self._label

    def __repr__(self) -> str:
        return "<Marked>"

    def _refuse(self, *_: object) -> NoReturn:
        raise DisclosureError("a marked value leaves only through disclose(value, reader)")

    __str__ = __format__ = _refuse
    __iter__ = __len__ = __bool__ = __bytes__ = __eq__ = __hash__ = _refuse
    __reduce__ = __getstate__ = __copy__ = __deepcopy__ = _refuse


def disclose(value: Marked[T], reader: Reader) -> T | None:
    """The value for a reader who may see it, else None."""
    return value._value if value._label.admits(reader) else None


def disclosed(values: Iterable[Marked[T]], reader: Reader) -> Iterator[T]:
    """Of several marked values those that `reader` may see, in order; nothing tells that others were there."""
    for value in values:
        if value._label.admits(reader):
            yield value._value


def refuse_marked(value: object) -> None:
    """Raise `DisclosureError` if a marked value is in `value`, at any depth of mappings and sequences."""
    if isinstance(value, Marked):
        raise DisclosureError("a marked value leaves only through disclose(value, reader)")
    if isinstance(value, dict):
        for key, item in value.items():
            refuse_marked(key)
            refuse_marked(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            refuse_marked(item)
