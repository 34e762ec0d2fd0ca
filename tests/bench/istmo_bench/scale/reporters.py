"""Made-up reporters: a few with very many activities, many with few, each with habits of its own."""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final, Literal

from istmo_bench.scale.vocabulary import COUNTRIES, Term, coined, rank, term

__all__ = ["Reporter", "reporter", "some_reporter"]

Style = Literal["federal", "donor", "government", "implementer"]

_TAIL: Final = 0.55
"""The largest reporter has a third of the works, the five largest six in ten."""
_KINDS: Final[dict[Style, tuple[str, str]]] = {
    "federal": ("Oficina", "Bureau"),
    "donor": ("Agencia de cooperación", "Cooperation Agency"),
    "government": ("Secretaría", "Secretariat"),
    "implementer": ("Fundación", "Foundation"),
}
_TYPES: Final[dict[Style, str]] = {"federal": "10", "donor": "10", "government": "10", "implementer": "21"}
_PURPOSES: Final = (
    "15130", "15210", "15220", "15134", "15137", "15160", "16063", "15150", "15180", "11330", "43040", "31120",
    "12220", "14030", "16010", "15110", "73010", "21020",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports: `countries` and `purposes` are those of most of its works, `stock` the titles that it uses again."""

    identifier: str
    name: Term
    style: Style
    language: Literal["es", "en"]
    countries: tuple[str, ...]
    purposes: tuple[str, ...]
    stock: tuple[Term, ...]

    @property
    def type(self) -> str:
        """Its IATI organisation type."""
        return _TYPES[self.style]

    @property
    def named(self) -> str:
        """Its name in its own language."""
        return self.name[self.language == "en"]


def some_reporter(chance: Random) -> Reporter:
    """One of them, the large ones more often."""
    return reporter(rank(chance, _TAIL))


@cache
def reporter(number: int) -> Reporter:
    """The reporter of this number, always the same; the largest is a federal one."""
    chance = Random(f"reporter {number}")
    style: Style = "federal" if number in (0, 2) else chance.choice(("donor", "government", "implementer"))
    es, en = _KINDS[style]
    field, own = term(chance), coined(number).title()
    countries = COUNTRIES if style in ("federal", "donor") else (chance.choice(COUNTRIES),)
    return Reporter(
        identifier=f"XI-SCALE-{number:05d}",
        name=(f"{es} de {field[0]} {own}", f"{own} {en} for {field[1]}"),
        style=style,
        language="es" if style == "government" else "en" if style == "federal" else chance.choice(("es", "en")),
        countries=tuple(chance.sample(countries, k=min(4, len(countries)))),
        purposes=tuple(chance.sample(_PURPOSES, k=4)),
        stock=tuple(_stock(chance) for _ in range(12)),
    )


def _stock(chance: Random) -> Term:
    one, other = term(chance), term(chance)
    return f"{one[0]} de {other[0]}".capitalize(), f"{other[1]} {one[1]}".capitalize()
