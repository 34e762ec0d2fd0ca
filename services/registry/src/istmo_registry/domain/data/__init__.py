"""Committed data: parameters, word lists and sentences, as JSON files beside this module."""

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

__all__ = ["numbers_by_word", "read_data"]


def read_data(name: str) -> Any:
    """What the JSON file `name` of this package holds."""
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def numbers_by_word(listed: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """The number that each word stands for, from words listed by number."""
    return {word: int(number) for number, words in listed.items() for word in words}
