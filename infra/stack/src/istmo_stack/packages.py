"""Packages that are here for the programs in them."""

import importlib.util
from pathlib import Path

__all__ = ["package_folder"]


def package_folder(name: str) -> Path:
    """Where an installed package is, found without importing it: its own code would only set up a manager of its own.

    Raises ModuleNotFoundError when it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    return Path(spec.origin).parent
