"""Whom reports mean by an organisation that they name, and what shows it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_common.events.organisations import OrganisationChanged
from istmo_registry.domain.directory import (
    KNOWN_DIRECTORY,
    KNOWN_ORGANISATIONS,
    Directory,
    amendments_in,
    directory_under,
)
from istmo_registry.domain.resolving import Reference, Resolution, resolve


def record(id: str, es: str, *identifiers: str, **stated: Any) -> OrganisationChanged:
    """An organisation of a made-up directory."""
    names = {"es": es, "en": stated.pop("en", es)}
    plain = {"id": id, "version": 1, "names": names, "kind": "sica", "identifiers": identifiers}
    return OrganisationChanged.model_validate(plain | stated)


GOVERNMENT = record("gob", "Gobierno de Nemoria", "NM-GOV", aliases=("Nemoria",))
POLICE = record("pol", "Policía de Nemoria", "NM-POL", family="gob", en="Nemorian Police", aliases=("PNN", "Guardia"))
COURTS = record("jus", "Cortes de Nemoria", "NM-JUS", family="gob", aliases=("Guardia",))
MADE_UP = Directory([GOVERNMENT, POLICE, COURTS])


def ask(identifier: str | None, *names: str, directory: Directory = MADE_UP) -> Resolution:
    """What a reference comes to."""
    return resolve(Reference(identifier, names), directory)


@pytest.mark.parametrize(
    ("identifier", "names", "organisation", "evidence", "by"),
    [
        ("NM-POL", (), "pol", "identifier", "NM-POL"),
        (" nm-pol", (), "pol", "identifier", " nm-pol"),
        (None, ("POLICIA DE NEMORIA",), "pol", "name", "POLICIA DE NEMORIA"),
        (None, ("nemorian police",), "pol", "name", "nemorian police"),
        (None, ("P.N.N.",), "pol", "alias", "P.N.N."),
        (None, ("Polica de Nemoria",), "pol", "name", "Polica de Nemoria"),
        (None, ("PNN - Cuerpo de Policía",), "pol", "part", "PNN - Cuerpo de Policía"),
        (None, ("PNN-Cuerpo de Policía",), "pol", "part", "PNN-Cuerpo de Policía"),
        (None, ("Cuerpo de Policía (PNN)",), "pol", "part", "Cuerpo de Policía (PNN)"),
        ("Policía de Nemoria", (), "pol", "name", "Policía de Nemoria"),
        ("XX-1", ("Policía de Nemoria",), "pol", "name", "Policía de Nemoria"),
    ],
)
def test_evidence(identifier: str | None, names: tuple[str, ...], organisation: str, evidence: str, by: str) -> None:
    """An organisation is known by identifier, name, alias or a part of a text, and which text it was is told."""
    assert (organisation, evidence, by) == ask(identifier, *names)[1:4]


def test_one_line() -> None:
    """A government's identifier with its agency's name is the agency, also where one text has both."""
    assert ("pol", "name") == ask("NM-GOV", "Policía de Nemoria")[1:3]
    assert ("pol", "identifier") == ask("NM-POL", "Gobierno de Nemoria")[1:3]
    assert ("pol", "part") == ask(None, "Nemoria - Nemorian Police")[1:3]


def test_ambiguous() -> None:
    """What could be several is not resolved, and all of them are shown; another text that names one of them decides."""
    several = Resolution("ambiguous", candidates=("jus", "pol"))
    assert several == ask(None, "Guardia") == ask("NM-JUS", "Policía de Nemoria")
    assert "pol" == ask("NM-POL", "Guardia").organisation


def test_nobody() -> None:
    """What the directory does not know is told apart from what names nobody."""
    assert {"unknown"} == {ask("XX-9").outcome, ask(None, "Fundación Desconocida").outcome}
    assert {"unnamed"} == {ask(None).outcome, ask("22000", "Donor country-based NGO").outcome}
    # A place in brackets is where somebody works, not its government.
    assert "unknown" == resolve(Reference(None, ("Fundación X (El Salvador)",)), KNOWN_DIRECTORY).outcome


@pytest.mark.parametrize(
    ("country", "identifier", "name", "organisation", "evidence"),
    [
        ("HN", None, "Secretaría de Seguridad", "hn-security", "country"),
        ("HN", None, "Ministry of Security", "hn-security", "country"),
        ("HN", None, "Policía Nacional (Honduras)", "hn-police", "country"),
        ("HN", None, "Policía Nacional - Dirección de Logística", "hn-police", "part"),
        ("HN", None, "Secretaría de Seguridad de Honduras", "hn-security", "name"),
        ("HN", None, "Policía Nacional de Nicaragua", "ni-police", "name"),
        ("HN", "HN-0801", "Policía Nacional", "hn-police", "country"),
        ("GT", None, "PNC", "gt-police", "country"),
        ("SV", None, "PNC", "sv-police", "country"),
        ("PA", None, "Dirección General del Sistema Penitenciario", "pa-prisons", "country"),
        ("PA", None, "Gobierno de la República de Panamá", "pa-government", "country"),
        ("HN", None, "Honduras", "hn-government", "alias"),
        ("HN", None, "USAID", "us-usaid", "alias"),
        ("HN", None, "DEA - Embajada de los Estados Unidos", "us-dea", "part"),
        # A name in which no country stands, and a report of several countries, of none, or elsewhere.
        ("HN", None, "Ministerio de Gobierno", None, None),
        (None, None, "Secretaría de Seguridad", None, None),
        ("MX", None, "Secretaría de Seguridad", None, None),
        # Another country's own identifier: a donor, whose ministry has such a name too.
        ("HN", "NZ-3", "Ministry of Education", None, None),
        # No government: a society of the same name may be any of several.
        ("HN", None, "Asociación de Municipios", None, None),
    ],
)
def test_a_country_names_its_own_bodies_without_its_name(
    country: str | None, identifier: str | None, name: str, organisation: str | None, evidence: str | None
) -> None:
    """Where a report works in one country alone, its government's bodies need not be told with the country's name."""
    found = resolve(Reference(identifier, (name,), country), KNOWN_DIRECTORY)
    assert (organisation, evidence) == (found.organisation, found.evidence)


def test_a_body_at_home_and_one_of_no_country_are_asked_about() -> None:
    """What the desk calls as a country calls its own body may be that body: it is asked about until they are one."""
    fleet = record("flota", "Policía Nacional", kind="isthmus-government")
    police = record("hn-pol", "Policía Nacional de Honduras", kind="isthmus-government")
    abroad = record("pa-pol", "Policía Nacional de Panamá", kind="isthmus-government", aliases=("Policía Nacional",))
    asked = Reference(None, ("Policía Nacional",), "HN")

    assert ("flota", "hn-pol") == resolve(asked, Directory([fleet, police, abroad])).candidates
    assert "hn-pol" == resolve(asked, Directory([fleet, police, abroad], {"flota": "hn-pol"})).organisation
    assert "hn-pol" == resolve(asked, Directory([police, abroad])).organisation
    assert "pa-pol" == resolve(asked, Directory([abroad])).organisation


def test_merged() -> None:
    """Whatever named a record that was merged names the one that is kept, whose family it has from then on."""
    directory = Directory([GOVERNMENT, POLICE, COURTS, record("old", "Gendarmería", "NM-OLD")], {"old": "pol"})
    assert ("pol", "identifier") == ask("NM-OLD", directory=directory)[1:3]
    assert "pol" == ask("NM-POL", "Gendarmería", directory=directory).organisation
    assert ("gob",) == directory.above("pol")
    government = Directory([GOVERNMENT, POLICE, record("new", "Estado")], {"gob": "new"})
    assert ("new",) == government.above("pol")
    assert () == Directory([GOVERNMENT, POLICE], {"gob": "pol"}).above("pol")


@given(st.sampled_from(KNOWN_ORGANISATIONS), st.data())
def test_all_known_are_found(known: OrganisationChanged, data: st.DataObject) -> None:
    """Every organisation is found by each of its identifiers, names and aliases, however they are spelled."""
    texts = [known.names.es, known.names.en, *known.aliases]
    asked = [Reference(None, (text.upper(),)) for text in texts] + [Reference(one, ()) for one in known.identifiers]
    found = resolve(data.draw(st.sampled_from(asked)), KNOWN_DIRECTORY)
    assert ("resolved", known.id) == found[:2]


def test_what_the_desk_says_stands_in_the_place_of_what_is_known() -> None:
    """A record amends the known one of its id, and takes the place of those whose identifiers it has; others stay.

    What a directory began with is no word of the desk's: a later platform may know more names.
    """
    known = {one.id: one for one in KNOWN_ORGANISATIONS}
    renamed = known["ch-sdc"].model_copy(update={"version": 2, "aliases": ("Cuerpo Zafiro",)})
    taking = OrganisationChanged.model_validate(
        {
            "id": "zafiro",
            "version": 1,
            "names": {"es": "Z", "en": "Z"},
            "kind": "other-nation",
            "identifiers": ["US-GOV-11"],
        }
    )
    older = known["de-giz"].model_copy(update={"aliases": ()})
    amendments = amendments_in([taking, older, renamed])
    directory = directory_under(frozenset(), amendments)

    assert (renamed, taking) == amendments
    assert ["ch-sdc"] == list(directory.by_name("cuerpo zafiro"))
    assert {} == directory.by_name("COSUDE")
    assert {"zafiro"} == directory.by_identifier("us-gov-11")
    assert {"de-giz"} == directory.by_identifier(known["de-giz"].identifiers[0])
