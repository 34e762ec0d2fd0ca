"""What matching reads of a report."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.features import Features, Reference
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.report_features import features_of


def _report(**fields: Any) -> ActivityReported:
    plain = {"reporter": "X", "activity": "X-2024-1", "marking": {"tlp": "CLEAR"}, "title": [{"text": "Safe streets"}]}
    return ActivityReported.model_validate(plain | fields)


def _line(**fields: Any) -> Transaction:
    return Transaction.model_validate(
        {"type": "3", "date": "2026-01-01", "value": {"amount": "5", "currency": "USD"}} | fields
    )


def test_references_of_every_kind() -> None:
    """Whoever is named as funder, receiver, parent, sibling or co-reporter is found."""
    report = _report(
        related_activities=[{"activity": f"R{kind}", "type": kind} for kind in "12345"],
        participating_organisations=[{"role": "4", "activity": "P"}, {"role": "1", "identifier": "O"}],
    )
    lines = [_line(provider={"activity": "F"}), _line(receiver={"activity": "T"}), _line(receiver={"identifier": "O"})]
    expected = {
        ("part-of", "R1"),
        ("part-of", "R2"),
        ("sibling", "R3"),
        ("co-funded", "R4"),
        ("same-work", "R5"),
        ("funds", "P"),
        ("funds", "F"),
        ("funds", "T"),
    }

    assert expected == set(features_of(report, lines).references)


def test_link_to_oneself_is_no_link() -> None:
    """An activity that names itself as its receiver is not linked to anything."""
    report = _report(related_activities=[{"activity": "X-2024-1", "type": "1"}])

    assert () == features_of(report, [_line(receiver={"activity": "X-2024-1"})]).references


def test_own_and_other_identifiers_are_strong_ones() -> None:
    """Identifiers of the work count, those of the organisation that reported it before do not."""
    others = [("X 99 code/1", "A1"), ("Y-2020-77-aa", None), ("ORG-2020-77", "B1"), ("12345678", "A9")]
    listed = [{"identifier": name, "type": kind} for name, kind in others]

    expected = ("gov20241", "x99code1", "y202077aa")

    assert expected == features_of(_report(activity="GOV-2024-1", other_identifiers=listed), []).identifiers


def test_country_of_a_payment_is_a_country_of_the_work() -> None:
    """A file that names countries on its transactions only is matched by country all the same."""
    report = _report(recipient_countries=[{"code": "HN"}])

    assert ("GT", "HN") == features_of(report, [_line(recipient_country={"code": "GT"})]).countries


def test_actual_dates_go_before_planned_ones() -> None:
    """What happened is compared, and what was planned where nothing else is known."""
    dates = [("1", "2020-01-01"), ("2", "2020-02-01"), ("3", "2021-01-01")]
    features = features_of(_report(dates=[{"type": kind, "date": day} for kind, day in dates]), [])

    assert (date(2020, 2, 1), date(2021, 1, 1)) == (features.starts, features.ends)


def test_days_that_a_report_calls_made_up_are_marked() -> None:
    """An exporter that knows no days takes those of payments, and says so of one of the two."""
    note = [{"text": "Date unavailable. Calculated start date is the earliest transaction date"}]
    dates = [("1", "2022-10-01", note), ("2", "2022-10-01", []), ("4", "2023-09-25", [])]
    report = _report(dates=[{"type": kind, "date": day, "narratives": told} for kind, day, told in dates])

    assert ("@ends", "@starts") == features_of(report, [_line(date="2023-09-25"), _line(date="2023-02-01")]).words
    assert ("@starts",) == features_of(report, [_line(date="2023-02-01")]).words
    assert date(2022, 10, 1) == features_of(report, []).starts


def test_acronyms_with_dots_or_joined_by_a_hyphen_are_names() -> None:
    """`G.R.E.A.T.` is the programme that others write `GREAT`, and `BCQR-MOPT` names two."""
    title = [{"text": "Pandillas: programa G.R.E.A.T. y convenio BCQR-MOPT, COVID-19"}]

    assert ["*bcqr", "*great", "*mopt"] == [
        name for name in features_of(_report(title=title), []).names if name[0] != "~"
    ]


def test_grants_of_one_call_are_no_fragments_of_an_award() -> None:
    """What stands before a record's number is an award only if a number tells it from others."""
    known = {"07-CO1-1190": None, "ES-295-51564": "=es295", "SINLEC21GR3131-84772": "=sinlec21gr3131"}
    found = {one: features_of(_report(activity=f"X-{one}"), []).codes for one in known}

    assert known == {one: next((code for code in codes if code[0] == "="), None) for one, codes in found.items()}


def test_titles_in_spanish_and_in_english_are_kept() -> None:
    """A report with a Spanish and an English title can be found by either."""
    titles = [{"text": "Calles tranquilas", "language": "es"}, {"text": "Quiet roads", "language": "en"}]

    assert ("ciet highway", "street trancil") == features_of(_report(title=titles), []).titles


def test_towns_and_words_between_hyphens_are_no_names() -> None:
    """Two works in San José, or two between youth and police, do not have a proper name in common."""
    title = [{"text": "San José Travel Grant, Youth-Police Riesca"}]

    assert ["*riesca"] == [name for name in features_of(_report(title=title), []).names if name[0] != "~"]


def _described(*narratives: tuple[str, str]) -> Features:
    told = [{"text": text, "language": language} for language, text in narratives]
    return features_of(_report(descriptions=[{"type": "1", "narratives": told}]), [])


def test_what_is_told_again_in_a_donors_own_language_is_left_out() -> None:
    """A donor that reports in English and in Swedish is compared by the English, not by Swedish words like names."""
    english = ("en", "The Prosecutors train judges against extortion")
    swedish = (
        "sv",
        "Åklagarna utbildar domare som arbetar mot utpressning och inte med polisen i San Pedro Sula (RIESCA)",
    )

    assert _described(english) == _described(english, swedish) == _described(swedish, english)


def test_what_is_told_in_another_language_alone_is_read_without_its_function_words() -> None:
    """Two German texts have `und` in common whatever they tell; an acronym they have not by chance."""
    one = _described(("de-AT", "Die Richter und die Polizei werden durch RIESCA ausgebildet"))
    other = _described(("de", "Durch die Genossenschaft werden Brunnen und Latrinen gebaut, RIESCA"))

    assert {"riesca"} == set(one.names) & set(other.names)
    assert not {"und", "die", "durch", "werden"} & {*one.words, *other.words}
    assert one.words


def test_texts_are_read_as_a_page_shows_them() -> None:
    """A file that was written for a page, and escaped once more, names the same foundation."""
    escaped = _report(title=[{"text": "Apoyo a la Fundaci&#243;n &lt;b&gt;Riesca&lt;/b&gt;", "language": "es"}])
    plain = _report(title=[{"text": "Apoyo a la Fundación Riesca", "language": "es"}])

    assert features_of(plain, []) == features_of(escaped, [])


def test_places_and_bare_numbers_are_no_words_of_a_description() -> None:
    """What a country's every description names says nothing of which work it is; its places are known as places."""
    told = {"type": "1", "narratives": [{"text": "12 patrullas para San Pedro Sula, Honduras, en 2019"}]}
    features = features_of(_report(descriptions=[told], recipient_countries=[{"code": "HN"}]), [])

    assert ("patrol",) == tuple(word for word in features.words if word[0] != "#")
    assert any("sanpedrosula" in place for place in features.places)


def test_one_component_makes_a_part_and_several_do_not() -> None:
    """Who tells of a component is one; who enumerates components has them."""
    told = {
        "Componente de apoyo a la policía": True,
        "Consta de un primer componente de obras y un segundo componente de formación": False,
        "Los componentes son obras y formación": False,
    }
    described = [
        _report(descriptions=[{"type": "1", "narratives": [{"text": text, "language": "es"}]}]) for text in told
    ]

    assert list(told.values()) == [features_of(report, []).prepared.told_part for report in described]


def test_government_is_known_by_the_directory_or_else_by_its_type() -> None:
    """A giver of type 10 stands in the directory; whoever does not is a government of the isthmus."""
    names = ["Gobierno de Honduras", "Government of Japan", "Registro de la cooperación"]
    reports = [_report(reporter_names=[{"text": name}], reporter_type="10") for name in names]

    governs = [features_of(report, []).prepared.is_government for report in reports]

    assert [True, False, True] == governs


def test_whom_a_register_names_as_extending_gives_too() -> None:
    """A register names a government as giver and its agency as extending; both give, unless one of them reports."""
    named = [{"role": "1", "names": [{"text": "Japan"}]}, {"role": "3", "names": [{"text": "JICA"}]}]
    listed = _report(reporter="HN-AIMS", activity="HN-AIMS-1", participating_organisations=named)
    own = _report(reporter="XM-DAC-701-8", activity="XM-DAC-701-8-1", participating_organisations=named)

    assert "=jp-jica" in features_of(listed, []).funders
    assert "=jp-jica" not in features_of(own, []).funders


def test_name_at_length_in_a_description_gives_its_initials() -> None:
    """An abbreviation that another record's title uses is found in the name that a description spells out."""
    told = {"type": "1", "narratives": [{"text": "Apoya el Programa Nacional de Viviendas Seguras y obras."}]}

    assert "~pnvs" in features_of(_report(descriptions=[told]), []).names


_features = st.builds(
    Features,
    activity=st.builds(ActivityId, st.sampled_from("XY"), st.sampled_from("ab")),
    titles=st.lists(st.text("ab ", min_size=1), max_size=3, unique=True).map(lambda texts: tuple(sorted(texts))),
    identifiers=st.sampled_from([(), ("one1",)]),
    references=st.sets(st.builds(Reference, st.sampled_from(["funds", "sibling"]), st.sampled_from("ab"))).map(
        lambda references: tuple(sorted(references))
    ),
    countries=st.sampled_from([(), ("GT", "HN")]),
    starts=st.none() | st.dates(),
    ends=st.none() | st.dates(),
)


@given(_features)
def test_columns_hold_features_whole(features: Features) -> None:
    """What is kept in the tables is compared as if it had just been read."""
    assert features == Features.from_row(features.activity, features.row())
