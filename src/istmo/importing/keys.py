"""Whose key an import is sent with."""

import os
from pathlib import Path
from typing import Final

__all__ = ["DESK", "KEY_VARIABLE", "NoKey", "find_key"]

DESK: Final = "desk"
"""The partner that imports unless another is named: the coordination desk."""
KEY_VARIABLE: Final = "ISTMO_KEY"


class NoKey(Exception):
    """There is no key to send with; the text says where one was looked for."""


def find_key(data: Path, partner: str | None, key_file: Path | None) -> str:
    """The key `istmo_<partner>_<secret>` to send with.

    It is that of `key_file`; else, of the named partner, that in `<data>/partners/<partner>.key` (the desk's is in
    `<data>/desk.key`), else that in the environment's ISTMO_KEY. No partner named is the desk. Raises `NoKey`.
    """
    name = partner or DESK
    kept = data / "desk.key" if name == DESK else data / "partners" / f"{name}.key"
    if key_file is not None:
        key = _read(key_file)
    elif kept.exists():
        key = _read(kept)
    else:
        key = os.environ.get(KEY_VARIABLE, "").strip()
        if not key:
            raise NoKey(f"no key of {name}: neither {kept} nor the environment's {KEY_VARIABLE} has one")
    if partner is not None and not key.startswith(f"istmo_{partner}_"):
        raise NoKey(f"the key is not one of {partner}")
    return key


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise NoKey(f"the key in {path} cannot be read: {error.strerror}") from error
