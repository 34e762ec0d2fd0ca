"""Values that know which place of the file they came from, so that no fault is ever told about the wrong row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

__all__ = ["Absent", "Cell", "Placed", "Text", "place_of", "value_at"]


class Text(str):
    """What an attribute or an element says, without the white space around it."""

    __slots__ = ("place",)

    place: str

    def __new__(cls, text: str, place: str) -> "Text":
        """`text` as it stands at `place`."""
        made = super().__new__(cls, text)
        made.place = place
        return made


class Absent:
    """Nothing is stated at `place`. It is false, so that `cell or default` reads as it should."""

    __slots__ = ("place",)

    def __init__(self, place: str) -> None:
        self.place: Final = place

    def __bool__(self) -> bool:
        return False


Cell: TypeAlias = Text | Absent


class Placed(dict[str, Any]):
    """A part of a payload with the place of the element it came from. What is absent or empty is not in it."""

    __slots__ = ("absent", "place")

    def __init__(self, place: str, /, **fields: Any) -> None:
        self.place: Final = place
        self.absent: Final = {name: cell.place for name, cell in fields.items() if isinstance(cell, Absent)}
        super().__init__((name, value) for name, value in fields.items() if _states(value))


def _states(value: Any) -> bool:
    return value is not None and not isinstance(value, Absent) and value != []


def place_of(payload: Placed, pointer: Sequence[str | int]) -> str:
    """The place in the file of a place in the payload: the nearest that is known, from the inside out."""
    place = payload.place
    value: Any = payload
    for part in pointer:
        if isinstance(value, Placed) and part in value.absent:
            return value.absent[str(part)]
        value = _item(value, part)
        place = getattr(value, "place", place)
    return place


def value_at(payload: Placed, pointer: Iterable[str | int]) -> str:
    """What the payload says at a place, as a short text; empty where it says nothing or many things."""
    value: Any = payload
    for part in pointer:
        value = _item(value, part)
    return value[:80] if isinstance(value, str) else ""


def _item(value: Any, part: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(part))
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None
