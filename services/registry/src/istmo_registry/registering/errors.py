"""Why something was not registered."""

from collections.abc import Sequence

__all__ = ["Conflict", "NotRegistered"]


class NotRegistered(Exception):
    """There is no record of this id."""


class Conflict(Exception):
    """What was stated does not fit what is registered; `places` are JSON pointers into it, each with a stable code."""

    def __init__(self, places: Sequence[tuple[str, str]]) -> None:
        super().__init__("in conflict with what is registered")
        self.places = tuple(places)
