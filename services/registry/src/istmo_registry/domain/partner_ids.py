"""Ids of partners, made from their names."""

import re
import unicodedata

__all__ = ["partner_id_of"]

_LONGEST = 40


def partner_id_of(name: str) -> str:
    """The name in lower-case Latin letters and digits, with hyphens between; "" where it has none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].rstrip("-")
