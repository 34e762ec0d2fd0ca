"""The short form of the labelled set: one TOML file for each theme, read as it stands.

`data/README.md` describes it for whoever adds pairs.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

__all__ = [
    "SOURCES",
    "Cluster",
    "Organisation",
    "ShortActivity",
    "UnreadableSource",
    "read_clusters",
    "read_organisations",
]

Style = Literal["federal", "iati", "planned", "bare", "aims"]
Language = Literal["es", "en"]

SOURCES: Final = Path(__file__).parents[2] / "data" / "source"
_ORGANISATIONS: Final = "organisations.toml"
_KEYS: Final = frozenset(
    ("award", "code", "by", "en", "es", "for", "from", "in", "money", "places", "related", "say", "to", "with")
)


class UnreadableSource(ValueError):
    """A source file says something that the short form does not know."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A made-up organisation: its names, IATI type, and how its reports look (`style`, `language`, `currency`)."""

    key: str
    names: Mapping[Language, str]
    type: str
    style: Style
    language: Language
    currency: str
    kind: str

    @property
    def identifier(self) -> str:
        """Its identifier, made up like its name."""
        return f"XI-SAMPLE-{self.key.upper()}"


@dataclass(frozen=True, slots=True)
class ShortActivity:
    """An activity as the source states it: `letter` names it in its cluster; texts of lists are still unread."""

    letter: str
    by: Organisation
    titles: Mapping[Language, str]
    description: str | None
    starts: date | None
    ends: date | None
    countries: tuple[str, ...]
    purposes: tuple[str, ...]
    places: tuple[str, ...]
    parties: tuple[str, ...]
    money: tuple[str, ...]
    related: tuple[str, ...]
    codes: tuple[str, ...]
    award: str | None

    @property
    def language(self) -> Language:
        """The language of the description and of names: that of the only title, else the reporter's."""
        return next(iter(self.titles)) if len(self.titles) == 1 else self.by.language


@dataclass(frozen=True, slots=True)
class Cluster:
    """Works that are easily confused, with what is true of their pairs ("a b VERDICT-OR-KIND PATTERN")."""

    name: str
    topic: str
    split: str
    activities: Mapping[str, ShortActivity]
    pairs: tuple[str, ...]


def read_organisations(folder: Path = SOURCES) -> dict[str, Organisation]:
    """The organisations by their short names."""
    stated = tomllib.loads((folder / _ORGANISATIONS).read_text(encoding="utf-8"))
    return {
        key: Organisation(
            key=key,
            names={"en": one["en"], "es": one["es"]},
            type=one["type"],
            style=one["style"],
            language=one["language"],
            currency=one.get("currency", "USD"),
            kind=one.get("kind", "civil-society"),
        )
        for key, one in stated.items()
    }


def read_clusters(folder: Path = SOURCES) -> Iterator[Cluster]:
    """Every cluster, by file and place in it. Raises UnreadableSource for what the short form does not know."""
    organisations = read_organisations(folder)
    for path in sorted(folder.glob("*.toml")):
        if path.name != _ORGANISATIONS:
            for name, stated in tomllib.loads(path.read_text(encoding="utf-8")).items():
                yield _cluster(name, stated, organisations)


def _cluster(name: str, stated: dict[str, Any], organisations: Mapping[str, Organisation]) -> Cluster:
    activities = {
        letter: _activity(f"{name}.{letter}", letter, one, organisations)
        for letter, one in stated.items()
        if isinstance(one, dict)
    }
    return Cluster(name, stated["topic"], stated["split"], activities, tuple(stated["pairs"]))


def _activity(
    where: str, letter: str, stated: Mapping[str, Any], organisations: Mapping[str, Organisation]
) -> ShortActivity:
    unknown = stated.keys() - _KEYS
    if unknown:
        raise UnreadableSource(f"{where}: unknown {', '.join(sorted(unknown))}")
    titles: dict[Language, str] = {}
    for language in ("es", "en"):
        if language in stated:
            titles[language] = stated[language]
    return ShortActivity(
        letter=letter,
        by=organisations[stated["by"]],
        titles=titles,
        description=stated.get("say"),
        starts=stated.get("from"),
        ends=stated.get("to"),
        countries=tuple(stated.get("in", "").split()),
        purposes=tuple(stated.get("for", "").split()),
        places=tuple(stated.get("places", ())),
        parties=tuple(stated.get("with", ())),
        money=tuple(stated.get("money", ())),
        related=tuple(stated.get("related", ())),
        codes=tuple(stated.get("code", ())),
        award=stated.get("award"),
    )
