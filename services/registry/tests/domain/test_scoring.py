"""How two activities are judged, and that the judgement explains itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_common.catalogue import has_text
from istmo_common.events.activities import ActivityReported
from istmo_registry.domain.comparing.kinds import link_of
from istmo_registry.domain.explaining import Explanation, explain, kept
from istmo_registry.domain.features import Features, Reference
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.domain.report_features import features_of
from istmo_registry.domain.scoring import Comparison, compare, observe, weigh
from istmo_registry.domain.text import normal_title

TITLE = "Patrullas conjuntas contra el contrabando en la frontera norte"
DATED: dict[str, Any] = {"starts": date(2024, 3, 11), "ends": date(2026, 5, 20)}


def _features(reporter: str = "X", title: str = TITLE, activity: str = "a", **fields: Any) -> Features:
    plain: dict[str, Any] = {"titles": (normal_title(title),), "countries": ("HN",)}
    return Features(ActivityId(reporter, activity), **(plain | fields))


def _judge(a: Features, b: Features) -> Comparison:
    return compare(a, b, PARAMETERS)


def _told(pair: Comparison) -> Sequence[Explanation]:
    """What people read of a pair, as it is kept meanwhile."""
    return explain(kept(pair.evidence))


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, "same"),
        ({"title": "Joint patrols against contraband at the northern border"}, "same"),
        ({"title": "Patrullas conjuntas contra el contrabando en la frontera"}, "same"),
        ({"countries": ("GT",)}, "different"),
        ({"title": TITLE + ", Guatemala"}, "same"),
        ({"title": TITLE + ", fase II"}, "same"),
        ({"title": TITLE + ", fase II", "starts": date(2024, 4, 2), "ends": None}, "possibly-same"),
        ({"title": "Tribunales móviles para valles remotos", "starts": None, "ends": None}, "different"),
        ({"title": "Tribunales móviles", "identifiers": ("abc2024x",)}, "same"),
        ({"title": "Tribunales móviles", "references": (Reference("same-work", "a"),)}, "same"),
        ({"references": (Reference("sibling", "a"),)}, "possibly-same"),
        ({"funders": ("=jp",)}, "same"),
        ({"starts": date(2014, 1, 1), "ends": date(2016, 1, 1)}, "different"),
    ],
)
def test_verdicts_between_reporters(fields: dict[str, Any], verdict: str) -> None:
    """Equal titles with equal days join two reports of two organisations, contradiction keeps them apart.

    Only days or sums show that a title leaves out of which phase it tells.
    """
    one = _features(identifiers=("abc2024x",), funders=("=jp",), **DATED)

    assert verdict == _judge(one, _features("Y", activity="b", **(DATED | fields))).verdict


def test_money_and_days_decide_beside_a_half_alike_title() -> None:
    """A sum and a day that agree make one work of two titles that only resemble each other."""
    other = "Apoyo a patrullas contra el contrabando"
    plain: dict[str, Any] = {"starts": date(2024, 3, 11)}
    known = plain | {"totals": ("2 USD 1237512",), "funders": ("=jp",)}

    assert "same" == _judge(_features(**known), _features("Y", other, **known)).verdict
    assert "same" != _judge(_features(**plain), _features("Y", other, starts=date(2024, 9, 2))).verdict


@pytest.mark.parametrize(
    ("kind", "expected"), [("funds", "funds"), ("part-of", "part-of"), ("sibling", None), ("co-funded", None)]
)
def test_stated_reference_links(kind: Any, expected: str | None) -> None:
    """Who funds or contains another is linked to it, never the same, however alike the two are."""
    pair = _judge(_features(), _features("Y", references=(Reference(kind, "a"),), activity="b"))

    assert (expected, expected is not None) == (pair.kind, pair.verdict == "linked")


def test_reference_to_another_activity_links_nothing() -> None:
    """A reference that does not resolve to the other is no evidence about it."""
    other = _features("Y", references=(Reference("funds", "z"),), activity="b", **DATED)

    assert "same" == _judge(_features(**DATED), other).verdict


def test_phases_of_one_work_are_linked() -> None:
    """Fase I and Phase 2 of one title are parts of a whole."""
    pair = _judge(_features(title=TITLE + " fase I"), _features("Y", title=TITLE + ", Phase 2"))

    assert ("linked", "phase-of") == (pair.verdict, pair.kind)


def _reported(title: str, told: str, reporter: str = "XM-DAC-1", **fields: Any) -> Features:
    """The features of a report with a description, as a reporter would tell it."""
    stated: dict[str, Any] = {
        "reporter": reporter,
        "activity": f"{reporter}-{title[:9]}",
        "marking": {"tlp": "CLEAR"},
        "title": [{"text": title}],
        "descriptions": [{"narratives": [{"text": told}]}],
        "recipient_countries": [{"code": "NI", "percentage": "100"}],
    }
    return features_of(ActivityReported.model_validate(stated | fields), ())


def _lasting(starts: str, ends: str) -> dict[str, Any]:
    return {"dates": [{"type": "2", "date": starts}, {"type": "4", "date": ends}]}


ROADS = _reported("Flood-Proof Roads Project", "Bridges and drainage.", **_lasting("2014-08-29", "2020-12-31"))


@pytest.mark.parametrize(
    ("told", "starts", "expected"),
    [
        ("Sub-project of the flood-proof roads loan.", "2016-05-01", "part-of"),
        ("Componente de puentes del programa de carreteras e inundaciones.", "2016-05-01", "part-of"),
        ("Under the rural health programme.", "2016-05-01", None),
        ("Sub-project of the flood-proof roads loan.", "2023-05-01", None),
        ("Roads that are safe from floods.", "2016-05-01", None),
    ],
)
def test_a_text_tells_of_what_its_work_is_a_part(told: str, starts: str, expected: str | None) -> None:
    """A part goes by a name of its own: its description calls the whole by name, in one language or the other."""
    part = _reported("Macal approaches", told, "XM-DAC-2", **_lasting(starts, starts))

    assert expected == _judge(part, ROADS).kind


def test_two_parts_of_one_work_are_no_wholes() -> None:
    """Each says of what it is a part: that makes neither a part of the other."""
    parts = [
        _reported(f"{name} of the flood-proof roads", "Part of the flood-proof roads project.", reporter)
        for name, reporter in (("Bridges", "XM-DAC-2"), ("Drains", "XM-DAC-3"))
    ]

    assert "part-of" != _judge(*parts).kind


def test_what_goes_on_with_a_work_is_its_next_phase() -> None:
    """A follow-on with a title of its own is linked where one giver's earlier work ended; not where it goes on."""
    follow = _reported(
        "Flood-Proof Roads of the North", "Follow-on to the roads.", **_lasting("2021-02-01", "2023-01-31")
    )
    beside = _reported(
        "Flood-Proof Roads of the North", "Follow-on to the roads.", **_lasting("2018-02-01", "2023-01-31")
    )

    assert "phase-of" == _judge(ROADS, follow).kind
    assert "phase-of" != _judge(ROADS, beside).kind


def test_phases_of_different_works_are_nothing() -> None:
    """Two first and second phases of unlike titles, or in different countries, have nothing in common."""
    first = _features(title=TITLE + " fase I")

    assert "different" == _judge(first, _features("Y", title="Tribunales móviles, fase II")).verdict
    assert "different" == _judge(first, _features("Y", title=TITLE + " fase II", countries=("GT",))).verdict


def test_additional_financing_is_part_of_the_work() -> None:
    """A supplement is linked to what it supplements, and not merged with it."""
    other = _features("Y", title=TITLE + ": financiamiento adicional", starts=date(2025, 6, 3))
    pair = _judge(_features(**DATED), other)

    assert ("linked", "part-of") == (pair.verdict, pair.kind)


def test_implementer_and_funder_are_linked() -> None:
    """Who receives the money of a work tells of the same flow from the other end."""
    funder = _features(reporters=("=jp",), implementers=("=undp",), totals=("2 USD 500000",), **DATED)
    doer = _features("Y", reporters=("=undp",), funders=("=jp",), totals=("1 USD 500000",), **DATED)
    pair = _judge(funder, doer)

    assert ("linked", "funds") == (pair.verdict, pair.kind)


@pytest.mark.parametrize(
    ("register", "verdict"),
    [
        ({"reporters": ("=hn-government", "$"), "totals": ("1 USD 500000",)}, "same"),
        ({"reporters": ("=a-ministry-of-trust-funds",), "totals": ("2 USD 500000",)}, "same"),
        ({"reporters": ("=a-foundation",), "totals": ("1 USD 500000",)}, "linked"),
    ],
)
def test_register_tells_of_the_works_of_those_who_give(register: dict[str, Any], verdict: str) -> None:
    """A government, and whoever tells what others commit, lists the giver's work; an implementer has one of its own."""
    listed = register["reporters"][:1]
    giver = _features(reporters=("=jp",), funders=("=jp",), implementers=listed, totals=("2 USD 500000",), **DATED)
    entry = _features("Y", funders=("=jp",), implementers=listed, activity="b", **DATED, **register)

    assert verdict == _judge(giver, entry).verdict


def test_fragments_of_one_award_are_the_same() -> None:
    """One reporter's records of one award are one work, though one has lost its title."""
    one = _features("US", codes=("=sinlec22ca0044",), ends=date(2023, 8, 7), totals=("2 USD 300165",))
    two = _features(
        "US", "Information redacted", "b", codes=("=sinlec22ca0044",), ends=date(2023, 8, 7), totals=("3 USD 300165",)
    )

    assert "same" == _judge(one, two).verdict


def test_fragments_are_found_without_identifiers() -> None:
    """What one record commits and another pays, under one title and one end, is one award."""
    one = _features("US", ends=date(2023, 8, 7), totals=("2 USD 300165",))
    two = _features("US", activity="b", ends=date(2023, 8, 7), totals=("3 USD 300165",))

    assert "same" == _judge(one, two).verdict


def test_equal_titles_of_complete_accounts_are_different_works() -> None:
    """Eighteen deliveries under one title, each paid as it was committed, are not thrown together."""
    one = _features("US", "DoD Excess Defense Articles, Grant Authority", totals=("2 USD 171", "3 USD 171"))
    two = _features("US", "DoD Excess Defense Articles, Grant Authority", "b", totals=("2 USD 349", "3 USD 349"))

    assert "same" != _judge(one, two).verdict


def test_two_towns_are_two_works() -> None:
    """One programme in two towns is not one work."""
    one = _features(title="Ligas nocturnas de fútbol para jóvenes de Chamelecón", **DATED)
    two = _features("Y", title="Night football leagues for youth in Choloma", **DATED)

    assert "same" != _judge(one, two).verdict


def test_titles_that_name_other_things_speak_against_one_work() -> None:
    """Two gifts of one day are a question only as long as their titles may mean one thing."""
    money: dict[str, Any] = {"totals": ("2 USD 1237512",)}
    wells = _features(title="Pozos y letrinas aldeanas", **DATED, **money)
    bridges = _features("Y", "Bridges and solar lamps", **DATED, **money)

    judged = _judge(wells, bridges)
    assert "title-contradicted" in {evidence.observation for evidence in judged.evidence}


def test_part_named_behind_the_work_is_part_of_it() -> None:
    """`Work: part` is linked to the work, and `Work: another part` is not."""
    known: dict[str, Any] = {"purposes": ("14031",)}
    whole = _features(title="Fondo de pozos y letrinas", totals=("2 USD 2500000",), **known)
    part = _features("Y", "Wells and Latrines Fund: pump of Choloma", "b", totals=("2 USD 41300",), **known)
    other = _features("Z", "Wells and Latrines Fund: aqueduct of Omoa", "c", totals=("2 USD 12700",), **known)

    assert ("linked", "part-of") == (_judge(whole, part).verdict, _judge(whole, part).kind)
    assert "part-of" != _judge(part, other).kind
    assert "same" != _judge(part, other).verdict


def test_components_of_one_reporter_need_more_than_a_theme() -> None:
    """Every work of a platform has components, and its texts name each other's themes: that links none of them."""
    theme = {"purposes": ("15110",), "implementers": ("=hn-finance",)}
    one = _features(title="Census and statistics", words=("&", "municipality", "survey", "treasury"), **theme)
    two = _features(title="Municipal treasury survey", words=("aqueduct",), activity="b", **theme)

    assert "linked" != _judge(one, two).verdict


def test_long_descriptions_that_agree_say_more_than_short_ones() -> None:
    """A description that is told again, in whatever language, makes one work; a sentence of the field does not."""
    words = [
        "aqueduct",
        "bakery",
        "canine",
        "drone",
        "fingerprint",
        "helicopter",
        "kitchen",
        "latrine",
        "morgue",
        "orchestra",
        "scanner",
    ]
    long, short = (tuple(sorted(told)) for told in (words, words[:3]))
    title = "Aulas y canchas"

    one, other = (
        _judge(_features(title=title, words=told), _features("Y", "Sports grounds", words=told)).score
        for told in (long, short)
    )
    assert one > other


def test_record_without_money_tells_of_no_payment() -> None:
    """A government that lists a fund without any sum tells of the same fund as the one who receives the money."""
    fund = _features(reporters=("!un-1",), totals=("11 USD 4000000",), funders=("=jp",), **DATED)
    listed = _features("Y", reporters=("=hn",), funders=("=jp",), **DATED)

    assert "same" == _judge(fund, listed).verdict


def test_a_giver_that_a_register_names_as_the_one_who_carries_out_tells_of_its_own_work() -> None:
    """A government's register lists an agency as giver and as implementer: the agency's own record is no grantee's."""
    listed = _features(reporters=("=hn", "$"), funders=("=jp",), implementers=("=jp-jica", "^jp"), totals=("2 USD 5",))
    own = _features("Y", reporters=("=jp-jica", "^jp"), implementers=("=jp-jica", "^jp"), totals=("3 USD 5",))
    by_others = replace(own, funders=("=se",))

    assert "roles-funds" not in [seen.name for seen in observe(listed, own)]
    assert "roles-funds" in [seen.name for seen in observe(replace(listed, funders=("=se",)), by_others)]


def test_who_does_it_and_the_government_that_it_is_done_for_are_named_for_each_other() -> None:
    """A ministry beside a contractor or a donor's agency shows nothing; two ministries, or two contractors, differ."""

    def differ(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
        pair = _features(implementers=a), _features("Y", activity="b", implementers=b)
        return "implementer-different" in [seen.name for seen in observe(*pair)]

    security, police, courts = (
        (f"=hn-{one}", "^hn-government", "%hn-government") for one in ("security", "police", "judiciary")
    )
    bureau = ("=us-inl", "^us-government", "%us-government")
    assert (True, True) == (differ(police, courts), differ(("=undp",), ("=iom",)))
    assert (False, False, False) == (
        differ(security, ("=undp",)),
        differ(("=undp",), security),
        differ(bureau, security),
    )


def test_who_passes_money_on_is_no_other_giver() -> None:
    """Who carries out a giver's work may give for another's: neither shows that the two are of different money."""
    given = _features(funders=("=jp",), implementers=("=hn-courts",))
    passed_on = _features("Y", activity="b", funders=("=hn-courts",), implementers=("=asj",))
    another = replace(passed_on, funders=("=se",))

    assert "funder-different" not in [seen.name for seen in observe(given, passed_on)]
    assert "funder-different" not in [seen.name for seen in observe(passed_on, given)]
    assert "funder-different" in [seen.name for seen in observe(given, another)]


def test_giver_and_receiver_that_name_each_other_tell_of_one_flow_of_money() -> None:
    """An award and its receiver's project, begun on one day, are linked in whatever words, if each names the other."""
    giver = _features(title="Protection of children", reporters=("=us",), implementers=("=un",), totals=("2 USD 5000",))
    receiver = _features("Y", "Modelo de inserción", reporters=("=un",), funders=("=us",), totals=("11 USD 700",))
    day = {"starts": date(2019, 2, 19)}

    assert "funds" == _judge(replace(giver, **day), replace(receiver, **day)).kind
    assert "funds" == _judge(giver, replace(receiver, totals=("11 USD 5000",))).kind
    assert "linked" != _judge(giver, receiver).verdict
    assert "linked" != _judge(replace(giver, implementers=("=jp",), **day), replace(receiver, **day)).verdict


def test_the_same_payments_at_both_ends_are_one_flow_of_money() -> None:
    """A receiver that tells of what a giver pays, payment by payment, is linked to it in whatever words."""
    paid = {"amounts": ("USD 20627", "USD 23142", "USD 99957")}
    giver = _features(title="Tech. Assistance", reporters=("=us",), totals=("2 USD 99957", "3 USD 43769"), **paid)
    told = _features("Y", "Albergues", reporters=("!cr-1",), funders=("=us",), totals=("1 USD 43769", "11 USD 99957"))
    received = replace(told, **paid)

    assert "funds" == _judge(giver, received).kind
    assert "lines-shared" in [seen.name for seen in observe(giver, received)]


def test_what_was_promised_and_what_came_are_two_sums() -> None:
    """A receiver's promised and received money are told apart, as a giver's commitments and payments are."""
    giver = _features(title="Tech. Assistance", totals=("2 USD 99957",))
    receiver = _features("Y", "Albergues", totals=("1 USD 20627", "11 USD 99957"))

    assert "amount-equal" in [seen.name for seen in observe(giver, receiver)]


def test_a_register_that_names_the_receiver_as_giver_lists_its_work() -> None:
    """A UN agency's project is what a government's register lists as given by it, though others gave it the money."""
    fields: dict[str, Any] = {"funders": ("=undp",), **DATED}
    listed = _features(reporters=("=bz", "$"), totals=("2 BZD 720000",), **fields)
    own = _features("Y", reporters=("=undp",), totals=("11 USD 360000", "2 USD 360000"), **fields)

    assert "same" == _judge(listed, own).verdict


def test_who_passes_on_what_it_receives_gives_too() -> None:
    """An organisation that receives, and pays its partner, is linked to the partner that names it as its giver."""
    between = _features(reporters=("=plan",), totals=("1 EUR 258290", "3 EUR 258290"), **DATED)
    partner = _features("Y", reporters=("!gt-1",), funders=("=plan",), totals=("11 EUR 258290",), **DATED)

    assert "funds" == _judge(between, partner).kind


def test_agencies_of_a_government_are_siblings_and_those_of_the_un_are_not() -> None:
    """What two agencies of one government tell in like words is a question; two of the UN may tell of joint work."""
    us = [("=us-usaid", "^us", "%us"), ("=us-state", "^us", "%us")]
    un = [("=undp", "^un"), ("=un-women", "^un")]

    def told(one: tuple[str, ...], other: tuple[str, ...]) -> list[str]:
        return [seen.name for seen in observe(_features(reporters=one), _features("Y", reporters=other))]

    assert "reporter-sibling" in told(*us)
    assert "reporter-sibling" not in told(*un)


def test_a_smaller_sum_makes_no_part_of_what_is_likely_one() -> None:
    """A register lists one country's share: of two accounts that are likely one work it is not made a part for that."""
    fields: dict[str, Any] = {"names": ("*areca",), "funders": ("=gef",)}
    title, spanish = "Accelerating Renewable Energy Investments (ARECA)", "Inversiones energéticas ARECA"
    regional = _features(title=title, totals=("2 USD 6845000",), **fields, **DATED)
    listed = _features(
        "Y", spanish, totals=("2 USD 2219191",), starts=date(2024, 4, 2), ends=date(2026, 6, 9), **fields
    )
    seen = [observation.name for observation in observe(regional, listed)]

    assert {"amount-unlike", "name-in-titles"} <= {*seen}
    assert "possibly-same" == _judge(regional, listed).verdict


def test_equal_titles_of_one_town_say_enough() -> None:
    """A short title that names the town where the work is says more than one of which every town has a work."""
    short, named = "Youth violence prevention", "Youth violence prevention in San Pedro Sula"

    assert "title-short" in [seen.name for seen in observe(_features(title=short), _features("Y", short))]
    assert "title-equal" in [seen.name for seen in observe(_features(title=named), _features("Y", named))]


def test_additional_financing_is_of_the_same_giver() -> None:
    """In a register of many givers' works what one adds is no part of another one's work of the like title."""
    work, more = _features(funders=("=wb",)), _features(activity="b", title=f"Financiamiento adicional, {TITLE}")

    assert "part-of" == _judge(work, replace(more, funders=("=wb",))).kind
    assert "part-of" != _judge(work, replace(more, funders=("=bcie",))).kind


def test_an_award_may_be_told_purpose_by_purpose() -> None:
    """Records of one award and one title are one work, though each states a purpose of its own."""
    award: dict[str, Any] = {"codes": ("=se5403055701slv",), "totals": ("2 USD 573967", "3 USD 544975"), **DATED}
    one = _features(purposes=("15150",), **award)
    other = _features(activity="b", purposes=("43040",), **award | {"totals": ("2 USD 339292", "3 USD 323888")})

    assert "same" == _judge(one, other).verdict
    assert "sector-different" in [seen.name for seen in observe(one, replace(other, titles=("court mobile",)))]


def test_phases_have_a_title_in_common() -> None:
    """Two numbers make no phases of works whose titles are of different things, whatever a text tells."""
    seen = frozenset({"reporter-same", "phase-different", "title-told"})

    assert "phase-of" == link_of(seen | {"title-alike"})
    assert link_of(seen | {"title-different"}) is None


def test_a_question_that_no_text_answers_keeps_its_rank() -> None:
    """Of several such the likeliest may be each other's best; that it is held back is said, and takes nothing off."""
    facts: dict[str, Any] = {"funders": ("=jp",), "places": ("hn-cortes-choloma",), **DATED}
    one = _features(totals=("2 USD 1237512",), **facts)
    pair = _judge(one, _features("Y", "Tribunales", totals=("2 USD 1237000",), **facts))

    assert "possibly-same" == pair.verdict
    assert pair.score >= PARAMETERS.between.same_line
    assert [Decimal(0)] == [seen.weight for seen in pair.evidence if seen.observation == "caution"]


@pytest.mark.parametrize("untold", [", fase II", ", componente de obras"])
def test_what_is_certain_by_all_else_may_leave_out_its_phase_or_part(untold: str) -> None:
    """A register shortens a title: the giver's sum and days show that it is the same phase, or the same component."""
    facts: dict[str, Any] = {"funders": ("=jp",), "totals": ("2 USD 1237512",), **DATED}
    told, short = _features(title=TITLE + untold, **facts), _features("Y", "Patrullas contra el contrabando", **facts)

    assert "same" == _judge(told, short).verdict
    assert "same" != _judge(replace(told, totals=(), ends=None), replace(short, totals=(), ends=None)).verdict


def test_like_sums_of_one_giver_are_a_question() -> None:
    """Where no word, day or name joins two accounts, one giver's sum in two currencies is worth asking about."""
    facts: dict[str, Any] = {"starts": date(2024, 3, 11), "implementers": ("=hn-pn",)}
    one = _features(funders=("=jp",), totals=("2 USD 1200000",), **facts)
    plain = {"titles": (normal_title("Tribunales para valles remotos"),)}
    other = _features(
        "Y", funders=("=jp",), totals=("2 HNL 26000000",), **facts | {"starts": date(2024, 3, 30)} | plain
    )

    assert "possibly-same" == _judge(one, other).verdict
    assert "different" == _judge(one, replace(other, funders=("=de",))).verdict
    assert "different" == _judge(one, replace(other, totals=("2 HNL 9600000",))).verdict


def test_works_of_one_giver_in_one_town_are_a_question() -> None:
    """Two organisations word one work each in its own way: where it is, and who gives and does it, joins them."""
    facts: dict[str, Any] = {"places": ("hn-cortes-choloma",), "funders": ("=jp",), "implementers": ("=hn-pn",)}
    one = _features(starts=date(2024, 3, 11), **facts)
    told = {"titles": (normal_title("Tribunales para valles remotos"),), "starts": date(2024, 3, 30)}
    elsewhere = facts | {"places": ("hn-cortes-puerto-cortes",)}

    assert "possibly-same" == _judge(one, _features("Y", **facts | told)).verdict
    assert "different" == _judge(one, _features("Y", **elsewhere | told)).verdict
    assert "different" == _judge(one, _features("X", activity="b", **facts | told)).verdict


def test_titles_that_share_a_word_are_a_question_between_reporters_alone() -> None:
    """One reporter has many works of one field, each with its own title."""
    facts: dict[str, Any] = {"funders": ("=jp",), "starts": date(2024, 3, 11)}
    one = _features(title="Control del contrabando de madera en aduanas", **facts)
    told: dict[str, Any] = facts | {"title": "Control de incendios de madera en bosques", "starts": date(2024, 3, 30)}

    pair = _judge(one, _features("Y", **told))
    assert {"title-some", "title-both-differ"} <= {seen.observation for seen in pair.evidence}
    assert "possibly-same" == pair.verdict
    assert "different" == _judge(one, _features("X", activity="b", **told)).verdict


def test_any_narrative_can_be_the_alike_one() -> None:
    """A bilingual report is compared by whichever of its titles fits."""
    titles = tuple(sorted([normal_title("Something else entirely"), normal_title(TITLE)]))

    assert "same" == _judge(_features(**DATED), _features("Y", titles=titles, **DATED)).verdict


def test_every_weight_has_its_sentence_in_both_languages() -> None:
    """No judgement is left without words, in Spanish or in English."""
    assert [] == [name for name in (*PARAMETERS.fields, "caution") if not has_text(f"evidence.{name}")]


def test_judgement_explains_itself() -> None:
    """The weights shown are the score, and every one has a sentence."""
    pair = _judge(_features(starts=date(2024, 3, 11)), _features("Y", starts=date(2024, 3, 15)))

    assert pair.score == sum(found.weight for found in pair.evidence)
    assert "Comienzan con 4 días de diferencia." in [told.es for told in _told(pair)]
    assert "Both state the same country: HN." in [told.en for told in _told(pair)]


def test_what_caution_takes_off_is_shown() -> None:
    """A pair that only a person can decide says so, as one of its fields."""
    later = {"ends": date(2026, 5, 28)}
    pair = _judge(_features(**DATED), _features("Y", title=TITLE + ", fase II", **later))

    assert "caution" in [told.field for told in _told(pair)]
    assert pair.score == sum(found.weight for found in pair.evidence) < PARAMETERS.mutual_line


_any = st.builds(
    _features,
    reporter=st.sampled_from("XY"),
    activity=st.sampled_from("ab"),
    title=st.builds(
        lambda title, end: title + end,
        st.sampled_from([TITLE, TITLE[:40], "Joint patrols", "Information redacted", "Tribunales móviles 4"]),
        st.sampled_from(["", " fase I", " fase II", " Honduras", " Guatemala", " en Choloma", " [2010]", ", lote 3"]),
    ),
    countries=st.sampled_from([(), ("HN",), ("GT",), ("GT", "HN")]),
    identifiers=st.sampled_from([(), ("abc2024x",)]),
    codes=st.sampled_from([(), ("=es295",), ("blec19ca0123",)]),
    words=st.sampled_from(
        [
            (),
            ("border", "choluteca", "patrol", "smuggling"),
            ("&", "court", "laboratory", "valley"),
            ("&border+patrol", ">"),
            ("#12+boat", "#38", "@starts", "court"),
            ("#12+boat+patrol", "#40+court", "@ends"),
            ("#38+court",),
        ]
    ),
    names=st.sampled_from([(), ("*padh",), ("~pcc", "padh")]),
    places=st.sampled_from([(), ("hn-cortes-choloma",), ("hn-yoro?",)]),
    purposes=st.sampled_from([(), ("15130", "151"), ("g2", "14020")]),
    reporters=st.sampled_from([(), ("=us/usaid", "^us"), ("=undp", "^un")]),
    funders=st.sampled_from([(), ("=jp",), ("~agency international",)]),
    implementers=st.sampled_from([(), ("=undp", "^un"), ("!XI-1",)]),
    totals=st.sampled_from([(), ("2 USD 500000",), ("3 USD 480000",), ("1 EUR 400000",), ("2 USD -70",)]),
    amounts=st.sampled_from([(), ("USD 1237512",)]),
    hierarchy=st.sampled_from([None, "1", "2"]),
    references=st.sampled_from([(), *((Reference(kind, "a"),) for kind in ("funds", "sibling", "same-work"))]),
    starts=st.sampled_from([None, date(2014, 1, 1), date(2024, 1, 1), date(2024, 2, 2)]),
    ends=st.sampled_from([None, date(2024, 1, 15), date(2025, 1, 1)]),
)


@given(_any, _any)
def test_judgement_is_the_same_from_both_sides(a: Features, b: Features) -> None:
    """It does not matter which of the two was reported first."""
    assert _judge(a, b) == _judge(b, a)


@given(_any, _any)
def test_a_pair_that_is_left_early_is_different_by_all_that_is_seen(a: Features, b: Features) -> None:
    """Whoever looks at everything comes to the same judgement, to the last reason."""
    one, other = sorted((a, b), key=lambda features: features.activity)
    one_reporter = a.activity.reporter == b.activity.reporter

    assert weigh(observe(one, other), PARAMETERS, one_reporter=one_reporter) == _judge(a, b)


@given(_any, _any)
def test_verdict_follows_from_what_is_shown(a: Features, b: Features) -> None:
    """A score that is shown is the sum of its evidence, has four decimals at most, and stays within its verdict."""
    pair = _judge(a, b)

    assert pair.score == pair.score.quantize(pair.score.__class__("0.0001"))
    if pair.verdict == "different":
        assert (0, ()) == (pair.score, pair.evidence)
    else:
        assert pair.score == sum(found.weight for found in pair.evidence)
    if pair.verdict in ("same", "possibly-same"):
        one_reporter = a.activity.reporter == b.activity.reporter
        by = PARAMETERS.of_pairs(one_reporter=one_reporter)
        assert (pair.verdict == "same") == (pair.score >= by.same_line)
        assert pair.score >= by.possible_line


@pytest.mark.parametrize("references", [(), (Reference("same-work", "a"),)])
def test_different_phases_are_never_the_same(references: tuple[Reference, ...]) -> None:
    """Neither identifiers nor anything else joins a first phase with a second one."""
    known: dict[str, Any] = {"identifiers": ("abc2024x",), "starts": date(2024, 1, 1)}
    first = _features(title=TITLE + " fase I", **known)

    assert "linked" == _judge(first, _features("Y", TITLE + " etapa 2", references=references, **known)).verdict


def test_one_sum_is_one_fact() -> None:
    """A work of a single line is not twice as alike for having the same sum in its line."""
    money: dict[str, Any] = {"totals": ("2 USD 1237512",), "amounts": ("USD 1237512",)}
    told = _told(_judge(_features(**DATED, **money), _features("Y", **DATED, **money)))

    assert ["amount"] == [each.field for each in told if each.field == "amount"]


def test_equal_days_alone_make_a_question() -> None:
    """Two works that only begin and end on one day are asked about, never joined by their score."""
    judged = _judge(
        _features(**DATED, funders=("=jp",)), _features("Y", "Radio para hospitales", **DATED, funders=("=jp",))
    )

    assert "possibly-same" == judged.verdict


def test_who_names_no_funder_contradicts_nobody() -> None:
    """A ministry that pays out a gift without naming the giver is not taken for another giver."""
    gift = _features(totals=("2 USD 1000000",), funders=("=jp",), reporters=("=jp",))
    told = _told(_judge(gift, _features("Y", totals=("3 USD 1000000",), reporters=("=hn/seg",))))

    assert "funder" not in {each.field for each in told}


def test_a_ministry_and_its_agency_are_no_two_funders() -> None:
    """A register names the bank or the agency that a government gives through, the government its ministry.

    Departments of the United States give each on its own.
    """
    given = {"totals": ("2 EUR 1000000",)}
    usaid = ("=us-usaid", "^us-government", "%us-government")
    ministry, usaids = (_features(funders=funders, **given) for funders in (("=de-bmz", "^de", "%de"), usaid))
    others = (
        (ministry, ("=de-kfw", "^de", "%de"), False),
        (ministry, ("=jp", "%jp"), True),
        (usaids, ("=us-inl", "^us-state", "%us-state", "^us-government", "%us-government"), True),
    )

    for one, funders, differ in others:
        told = _told(_judge(one, _features("Y", funders=funders, **given)))
        assert differ == ("funder" in {each.field for each in told})


def test_as_many_of_one_thing_speak_for_one_work() -> None:
    """Twelve boats here and there are rarely two works; twelve boats and twelve courts may be."""
    counts = {name: ("#12+boat", word) for name, word in (("X", "court"), ("Y", "valley"))}
    told = {
        each.field: each for each in _told(_judge(*(_features(name, words=words) for name, words in counts.items())))
    }
    apart = _told(_judge(_features(words=("#12+boat",)), _features("Y", words=("#12+court",))))

    assert (True, "Ambas cuentan lo mismo: 12.") == (float(told["count"].weight) > 2, told["count"].es)
    assert "Ambas dicen el número 12." in [each.es for each in apart]
    assert not [
        each
        for each in _told(_judge(_features(words=("#9+boat",)), _features("Y", words=("#9+court",))))
        if each.field == "count"
    ]


def test_a_day_that_was_made_up_says_nothing_to_another_reporter() -> None:
    """A year's first day that stands for no day neither joins two reports nor tells them apart."""
    made_up = _features(words=("@ends", "@starts"), starts=date(2013, 10, 1), ends=date(2014, 2, 3))
    for starts in (date(2013, 10, 1), date(2016, 5, 6)):
        fields = {each.field for each in _told(_judge(made_up, _features("Y", starts=starts)))}
        assert fields.isdisjoint({"start", "end", "dates"})
    assert "end" in {each.field for each in _told(_judge(made_up, replace(made_up, activity=ActivityId("X", "b"))))}


def test_what_speaks_most_comes_first() -> None:
    """Whoever is told of a pair reads its best reason first."""
    weights = [evidence.weight for evidence in _judge(_features(**DATED), _features("Y", **DATED)).evidence]

    assert sorted(weights, reverse=True) == weights
