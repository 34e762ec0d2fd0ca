"""Committed data: parameters, word lists and sentences, as JSON files beside this module."""

import json
from importlib.resources import files
from typing import Any

__all__ = ["read_data"]


def read_data(name: str) -> Any:
    """What the JSON file `name` of this package holds."""
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
