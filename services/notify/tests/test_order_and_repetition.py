"""Whatever order events come in, and however often: the same alerts, and the same state told by every list."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from istmo_common.catalogue import Language
from istmo_common.disclosure import PUBLIC, Reader
from istmo_common.events.outcomes import FindingRaised, ProgrammeOutcome
from istmo_notify.domain.alerts import compose, concerned
from istmo_notify.domain.filters import Filter
from istmo_notify.domain.programmes import farewell, picture
from istmo_notify.domain.telling import Lists
from istmo_notify.domain.views import View, seen_through
from istmo_notify.domain.world import Finding, Heard, Programme, World
from istmo_notify.stages.routing import directory_of
from istmo_notify_samples import CLEAR_LABEL, duplicate, outcome, partner, red, side

REPORTERS = ("XA", "XB", "XC")
PARTNERS = (
    partner("pa", "XA"),
    partner("pb", "XB", language="en"),
    partner("desk", custodian_of="unclaimed", steward=True),
)
DIRECTORY = directory_of(PARTNERS)
AUDIENCE = (None, "pa", "pb", "desk")
LANGUAGES: tuple[Language, ...] = ("es", "en")

Event = tuple[str, Programme] | tuple[str, Finding]


def eyes(reader: str | None) -> Reader:
    return PUBLIC if reader is None else DIRECTORY.reader(reader)


@st.composite
def programme_histories(draw: st.DrawFn) -> list[tuple[str, Programme]]:
    """Versions of a few programmes: members, titles, countries and markings come and go, handles may meet."""
    events = []
    for key in draw(st.lists(st.sampled_from(["k1", "k2", "k3"]), unique=True)):
        for version in range(1, draw(st.integers(1, 4)) + 1):
            outcomes = draw(st.lists(st.builds(_outcome, *_CHOICES), max_size=2))
            events.append((key, Programme.of(version, outcomes)))
    return events


def _outcome(handle: str, reporter: str, title: str, country: str, restricted: bool) -> ProgrammeOutcome:
    label = red(reporter) if restricted else CLEAR_LABEL
    return outcome(handle, (reporter, f"{reporter}-1"), title=title, countries=[country], label=label)


_CHOICES = (
    st.sampled_from(["p-1", "p-2"]),
    st.sampled_from(REPORTERS),
    st.sampled_from(["Patrullas", "Cortes"]),
    st.sampled_from(["HN", "GT"]),
    st.booleans(),
)


@st.composite
def finding_histories(draw: st.DrawFn) -> list[tuple[str, Finding]]:
    """Versions of a few findings, raised, changed and cleared."""
    events = []
    for a, b in draw(st.lists(st.sampled_from([("XA", "XB"), ("XA", "XC"), ("XB", "XC")]), unique=True)):
        for version in range(1, draw(st.integers(1, 4)) + 1):
            label = red(a) if draw(st.booleans()) else CLEAR_LABEL
            raised = duplicate(
                version, side((a, f"{a}-1"), label=label), side((b, f"{b}-1")), score=draw(st.sampled_from(["1", "2"]))
            )
            stands = draw(st.booleans())
            finding = Finding(version, raised.kind, a, b, raised if stands else None)
            events.append((raised.key, finding))
    return events


@dataclass
class Teller:
    """One world, and everything that its readers hear of it."""

    world: World = field(default_factory=lambda: World(DIRECTORY, AUDIENCE))
    heard: list[Heard] = field(default_factory=list)

    def take(self, events: Sequence[Event]) -> "Teller":
        """Take events in, one after the other."""
        for key, event in events:
            if isinstance(event, Programme):
                self.heard += self.world.apply_programme(key, event)
            else:
                self.heard += self.world.apply_finding(key, event)[1]
        return self

    def told(self, view: View) -> dict[str, bytes]:
        """What somebody knows who read the whole list of a view and kept the newest of each subject."""
        lists = Lists([view])
        lists.tell(self.heard, None)
        known: dict[str, bytes] = {}
        for item, _ in lists.told[view.id]:
            known[item.id] = item.data
            if item.type in ("programme.gone", "alert.cleared"):
                del known[item.id]
        return known


def newest(events: Sequence[Event]) -> dict[str, Programme | Finding]:
    kept: dict[str, Programme | Finding] = {}
    for key, event in events:
        if key not in kept or kept[key].version < event.version:
            kept[key] = event
    return kept


def expected(events: Sequence[Event], view: View) -> dict[str, bytes]:
    """What holds for a view in the end, said without any history."""
    stands = newest(events).values()
    seen = picture([event.outcomes for event in stands if isinstance(event, Programme)], eyes(view.reader))
    told = {name: programme.told(view.language) for name, programme in seen.items()}
    for event in stands:
        if isinstance(event, Finding) and event.raised is not None and view.reader in recipients(event.raised):
            words = compose(event.raised, eyes(view.reader), str(view.reader))
            if words is not None:
                told[json.loads(words[view.language].data)["id"]] = words[view.language]
    return {name: one.data for name, one in told.items() if view.filter.admits(one.facets)}


def recipients(finding: FindingRaised) -> set[str | None]:
    return {recipient for organisation in concerned(finding) for recipient in DIRECTORY.recipients_for(organisation)}


FILTERS = st.builds(
    Filter,
    countries=st.frozensets(st.sampled_from(["HN", "GT"]), max_size=1),
    organisations=st.frozensets(st.sampled_from(REPORTERS), max_size=2),
)
VIEWS = st.builds(View, FILTERS, st.sampled_from(AUDIENCE), st.sampled_from(LANGUAGES))


@given(programmes=programme_histories(), findings=finding_histories(), view=VIEWS, data=st.data())
def test_any_order_and_any_repetition_end_in_the_same_state(
    programmes: list[Event], findings: list[Event], view: View, data: st.DataObject
) -> None:
    """A partner who reads its list to the end knows exactly what holds, however the events came to be told."""
    events = programmes + findings
    shuffled = data.draw(st.permutations(events))
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    assert expected(events, view) == Teller().take(shuffled + repeated).told(view)


@given(programmes=programme_histories(), findings=finding_histories())
def test_what_comes_again_tells_nothing(programmes: list[Event], findings: list[Event]) -> None:
    """Events that the log delivers twice add nothing to any list."""
    teller = Teller().take(programmes + findings)
    before = len(teller.heard)
    assert before == len(teller.take(programmes + findings).heard)


@given(programmes=programme_histories(), filter=FILTERS, language=st.sampled_from(LANGUAGES))
def test_a_filter_over_the_public_list_says_what_a_list_of_its_own_would(
    programmes: list[Event], filter: Filter, language: Language
) -> None:
    """Whoever reads the public feed through a filter learns exactly what a list made for that filter would tell."""
    everything, own = View(Filter(), None, language), View(filter, None, language)
    lists = Lists([everything, own])
    lists.tell(Teller().take(programmes).heard, None)
    through = [seen_through(filter, item, farewell(item.id)) for item, _ in lists.told[everything.id]]
    assert [(item.type, item.data) for item, _ in lists.told[own.id]] == [seen for seen in through if seen is not None]


@given(programmes=programme_histories(), language=st.sampled_from(LANGUAGES))
def test_a_reader_hears_only_of_changes_of_its_own_picture(programmes: list[Event], language: Language) -> None:
    """No item repeats what the list said before: a version that changes nothing for a reader is no event to it."""
    lists = Lists([View(Filter(), None, language)])
    lists.tell(Teller().take(programmes).heard, None)
    known: dict[str, bytes | None] = {}
    for item, _ in lists.told[View(Filter(), None, language).id]:
        said = None if item.type == "programme.gone" else item.data
        assert known.get(item.id) != said
        known[item.id] = said


@given(programmes=programme_histories())
def test_whose_record_is_yet_to_come_hears_what_anyone_does(programmes: list[tuple[str, Programme]]) -> None:
    """A partner that subscribed before its record came misses nothing that all may read, and learns nothing else."""
    world = World(directory_of(()), (None, "pa"))
    for key, programme in programmes:
        heard = world.apply_programme(key, programme)
        anyone, partner = [[one.change for one in heard if one.reader == reader] for reader in (None, "pa")]
        assert anyone == partner


def test_the_directory_may_come_last() -> None:
    """An organisation that is claimed after a finding was raised takes its alerts over from the desk."""
    raised = duplicate(1, side(("XA", "a1")), side(("XB", "b1")))
    finding = Finding(1, raised.kind, "XA", "XB", raised)
    world = World(directory_of(PARTNERS[1:]), AUDIENCE)
    first, _ = world.apply_finding(raised.key, finding)
    then, heard = world.apply_directory(DIRECTORY)
    assert [("desk", "raised"), ("pb", "raised")] == [(c.recipient, c.alert.state) for c in first]
    assert [("desk", "cleared"), ("pa", "raised")] == [(c.recipient, c.alert.state) for c in then]
    assert {"desk", "pa"} == {one.reader for one in heard}


def test_a_claimed_organisation_shows_its_restricted_programmes() -> None:
    """Whoever comes to own an organisation hears of its restricted programmes; whoever lost it, that they are gone."""
    world = World(directory_of(PARTNERS[1:]), AUDIENCE)
    restricted = Programme.of(1, [outcome("p-1", ("XA", "a1"), label=red("XA"))])
    first = world.apply_programme("k1", restricted)
    _, then = world.apply_directory(DIRECTORY)
    assert {"desk"} == {one.reader for one in first}
    assert {("desk", False), ("pa", True)} == {(one.reader, one.change.after is not None) for one in then}
