"""The directory of organisations as what reports say is looked up in it: by identifier, name and alias."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, Literal

from istmo_common.codelists import COUNTRIES
from istmo_common.events.organisations import OrganisationChanged
from istmo_registry.domain.data import read_data
from istmo_registry.domain.merges import Merge, kept_by
from istmo_registry.domain.words import plain

__all__ = [
    "ISTHMUS_GOVERNMENT",
    "KNOWN_DIRECTORY",
    "KNOWN_ORGANISATIONS",
    "Directory",
    "Naming",
    "amendments_in",
    "directory_under",
    "is_called",
]

Naming = Literal["name", "alias", "country", "part"]
"""How a text names an organisation: by its name, by another of its names, as its country names its own bodies
(`Policía Nacional`), or as a part of the text (`AECID - …`).
"""

_COUNTRIES: Final = frozenset(plain(COUNTRIES.name(code, language)) for code in COUNTRIES for language in ("es", "en"))
_MARKS: Final = ("(", ")", "[", "]", " - ", " – ", " / ", "|")
_LONGEST_ACRONYM: Final = 8

ISTHMUS_GOVERNMENT: Final = "isthmus-government"
"""The kind of the seven governments and of their bodies."""
_OF_COUNTRY: Final = {
    country.upper(): re.compile(
        rf"\b(?:(?:de|of)(?: la republica de| the republic of)? )?(?:{'|'.join(map(plain, names))})\b"
    )
    for country, names in read_data("words.json")["places"].items()
}
"""By ISO 3166-1 code of the seven countries: what names one, in plain spelling (`de honduras`, `honduran`)."""


class Directory:
    """Organisations, some of which are merged.

    `kept` names, for each record that stands no more, the one that it is merged into: whatever names the former means
    the latter, and the latter's family is its family.
    """

    def __init__(self, records: Iterable[OrganisationChanged], kept: Mapping[str, str] | None = None) -> None:
        self._kept = dict(kept or {})
        self._families: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._identifiers: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, dict[str, Naming]] = defaultdict(dict)
        self._countries: dict[str, set[str]] = defaultdict(set)
        self._at_home: dict[tuple[str, str], set[str]] = defaultdict(set)
        for record in sorted(records, key=lambda record: record.id):
            self._add(record)

    def _add(self, record: OrganisationChanged) -> None:
        meant = self.kept(record.id)
        if meant == record.id:
            self._kinds[record.id] = record.kind
            if record.family is not None:
                self._families[record.id] = record.family
        for identifier in record.identifiers:
            self._identifiers[_spelled(identifier)].add(meant)
        names = (record.names.es, record.names.en)
        for text in names:
            for spelling in _spellings(text):
                self._names[spelling][meant] = "name"
        for text in record.aliases:
            for spelling in _spellings(text):
                self._names[spelling].setdefault(meant, "alias")
        if record.kind == ISTHMUS_GOVERNMENT:
            self._add_at_home(meant, (*names, *record.aliases))

    def _add_at_home(self, organisation: str, texts: Iterable[str]) -> None:
        for country, short in (shortened for text in texts for shortened in _shortened(text)):
            self._countries[organisation].add(country)
            if short:
                self._at_home[country, short].add(organisation)

    def kept(self, organisation: str) -> str:
        """The organisation that this id means: itself, or what it is merged into."""
        return self._kept.get(organisation, organisation)

    def by_identifier(self, identifier: str) -> frozenset[str]:
        """The ids of the organisations of this identifier, whatever its case."""
        return frozenset(self._identifiers.get(_spelled(identifier), ()))

    def by_name(self, text: str, country: str | None = None) -> Mapping[str, Naming]:
        """The ids of the organisations that a text names as a whole; else those that its parts name.

        Case, accents and punctuation do not matter. A country in brackets or beside a dash names no government.
        In `country` (ISO 3166-1) a body of its government is meant by its name without the country's, and none of that
        name elsewhere.
        """
        whole = self._by_whole(plain(text), country)
        if whole:
            return whole
        spelled = (plain(part) for part in _parts(text))
        return {
            organisation: "part"
            for part in spelled
            if part not in _COUNTRIES
            for organisation in self._by_whole(part, country)
        }

    def _by_whole(self, spelled: str, country: str | None) -> Mapping[str, Naming]:
        named = self._names.get(spelled, {})
        if country is None or country not in _OF_COUNTRY:
            return named
        at_home = self._at_home.get((country, _without(country, spelled)))
        if at_home is None:
            return named
        namings: dict[str, Naming] = dict.fromkeys(at_home, "country")
        return namings | {one: naming for one, naming in named.items() if self._may_be_of(one, country)}

    def _may_be_of(self, organisation: str, country: str) -> bool:
        return organisation not in self._countries or country in self._countries[organisation]

    def kind(self, organisation: str) -> str | None:
        """The partner kind of an organisation, None where the directory does not have it."""
        return self._kinds.get(organisation)

    def above(self, organisation: str) -> tuple[str, ...]:
        """The ids of those above an organisation, the nearest first: an agency's department, then its government."""
        found: list[str] = []
        at = organisation
        while (family := self._families.get(at)) is not None:
            at = self.kept(family)
            if at == organisation or at in found:
                break
            found.append(at)
        return tuple(found)


def is_called(record: OrganisationChanged, text: str) -> bool:
    """Whether `text` stands in an organisation's id, names, aliases or identifiers, whatever its case and accents."""
    wanted = plain(text)
    told = (record.id, record.names.es, record.names.en, *record.aliases, *record.identifiers)
    return any(wanted in plain(each) for each in told)


def _without(country: str, spelled: str) -> str:
    """A plain name without the words that say of which country it is."""
    return " ".join(_OF_COUNTRY[country].sub(" ", spelled).split())


def _spelled(identifier: str) -> str:
    return identifier.strip().upper()


# A directory is made anew with every change of it: of a name that stays nothing is spelled again.
@lru_cache(maxsize=16384)
def _spellings(text: str) -> frozenset[str]:
    """A name as it is spelled, and as files spell it that have lost its accented letters (`Fundacin`)."""
    return frozenset((plain(text), plain("".join(character for character in text if character.isascii())))) - {""}


@lru_cache(maxsize=16384)
def _shortened(text: str) -> tuple[tuple[str, str], ...]:
    """The countries that stand in a name, each with the name's spelling without it."""
    short = (
        (country, _without(country, spelling), spelling) for spelling in _spellings(text) for country in _OF_COUNTRY
    )
    return tuple((country, without) for country, without, spelling in short if without != spelling)


def _parts(text: str) -> Iterator[str]:
    """What stands before, within and after brackets and dashes; what an acronym stands before, and the acronym."""
    split = text
    for mark in _MARKS:
        split = split.replace(mark, "\n")
    for part in split.split("\n"):
        yield part
        for joint in ("-", "/"):
            acronym, found, rest = part.strip().partition(joint)
            if found and acronym.isupper() and len(acronym) <= _LONGEST_ACRONYM and joint not in rest:
                yield acronym
                yield rest


KNOWN_ORGANISATIONS: Final = tuple(
    OrganisationChanged.model_validate({**stated, "version": 1}) for stated in read_data("organisations.json")
)
"""The organisations that matter here, from public facts: what a new directory begins with."""


_KNOWN: Final = frozenset(known.id for known in KNOWN_ORGANISATIONS)


def amendments_in(records: Iterable[OrganisationChanged]) -> tuple[OrganisationChanged, ...]:
    """Those of records, by id, that the desk has made or changed.

    The first version of a known organisation is what a new directory began with: a later platform may know it better.
    """
    amended = [record for record in records if record.version > 1 or record.id not in _KNOWN]
    return tuple(sorted(amended, key=lambda record: record.id))


@lru_cache(maxsize=8)
def directory_under(merges: frozenset[Merge], amendments: tuple[OrganisationChanged, ...] = ()) -> Directory:
    """The known organisations under the steward's merges, as far as `amendments` are not in their place.

    A record is in the place of the known one of its id, and of those of which it has an identifier. Made once.
    """
    ids = {record.id for record in amendments}
    taken = {identifier for record in amendments for identifier in record.identifiers}
    known = [one for one in KNOWN_ORGANISATIONS if one.id not in ids and taken.isdisjoint(one.identifiers)]
    return Directory([*known, *amendments], kept_by(merges))


KNOWN_DIRECTORY: Final = directory_under(frozenset())
"""The same without any merge or amendment."""
