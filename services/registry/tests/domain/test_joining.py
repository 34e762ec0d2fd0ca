"""People's word, large programmes, and that joining piece by piece is joining everything at once."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from istmo_oracle.programmes import Said, grouped
from istmo_registry.domain.clustering import Clustering, Edge, MustLink, Raised, closure_of, join
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS

A, B, C, D = (ActivityId("X", name) for name in "abcd")
MEMBERS = [ActivityId("X", name) for name in "abcdefgh"]
PAIRS = list(combinations(MEMBERS, 2))
SMALL = replace(PARAMETERS, largest_programme=3, raised_lines=(Decimal(15), Decimal(18)))
LIMITS: dict[str, Any] = {"largest": SMALL.largest_programme, "raised_lines": SMALL.raised_lines}


def _edge(score: str, a: ActivityId, b: ActivityId) -> Edge:
    return Edge(Decimal(score), a, b)


def _said(id: str, a: ActivityId, b: ActivityId, day: int = 1) -> MustLink:
    return MustLink(datetime(2026, 1, day, tzinfo=UTC), id, a, b)


def test_persons_word_goes_before_every_edge() -> None:
    """What the steward says is the same is joined, though a better edge wants one of the two elsewhere."""
    joined = join({A, B, C}, [_edge("20", B, C)], [(A, C)], [_said("1", A, B)])

    assert Clustering((frozenset({A, B}), frozenset({C}))) == joined


def test_barred_word_is_a_conflict() -> None:
    """A person's "same" about a funder and its implementer is not followed, and not passed over in silence."""
    joined = join({A, B, C}, [], [(A, C)], [_said("1", A, B), _said("2", B, C, day=2)])

    assert (frozenset({A, B}), frozenset({C})) == joined.programmes
    assert (_said("2", B, C, day=2),) == joined.conflicts


def test_earlier_word_wins() -> None:
    """Of two words that exclude each other the one recorded first holds, whichever was read first."""
    words = [_said("9", B, C, day=1), _said("1", A, B, day=2)]

    assert join({A, B, C}, [], [(A, C)], words).programmes == join({A, B, C}, [], [(A, C)], words[::-1]).programmes
    assert (frozenset({A}), frozenset({B, C})) == join({A, B, C}, [], [(A, C)], words).programmes


def test_large_programme_falls_into_pieces_and_says_so() -> None:
    """A chain of weak likeness does not swallow everything: the line rises for that piece alone."""
    weak = [_edge("13", A, B), _edge("16", B, C), _edge("13", C, D)]
    joined = join({A, B, C, D}, weak, [], **LIMITS)

    assert (frozenset({A}), frozenset({B, C}), frozenset({D})) == joined.programmes
    assert (Raised(frozenset({A, B, C, D}), Decimal(15)),) == joined.raised


def test_persons_word_is_never_cut() -> None:
    """However large a programme is that people have put together, it stays."""
    words = [_said("1", A, B), _said("2", B, C), _said("3", C, D)]

    assert (frozenset({A, B, C, D}),) == join({A, B, C, D}, [], [], words, **LIMITS).programmes


_edges = st.lists(
    st.builds(lambda score, pair: Edge(Decimal(score), *pair), st.integers(12, 19), st.sampled_from(PAIRS)),
    max_size=20,
    unique_by=lambda edge: (edge.a, edge.b),
)
_cannot = st.lists(st.sampled_from(PAIRS), max_size=5)
_words = st.lists(
    st.builds(
        lambda name, pair, day: _said(name, *pair, day),
        st.sampled_from("123"),
        st.sampled_from(PAIRS),
        st.integers(1, 3),
    ),
    max_size=6,
)


@given(_edges, _cannot, _words)
def test_joining_is_what_the_plain_rules_say(
    edges: list[Edge], cannot: list[tuple[ActivityId, ActivityId]], words: list[MustLink]
) -> None:
    """Written a second time, plainly, the rules give the same programmes and the same conflicts."""
    joined = join(MEMBERS, edges, cannot, words, **LIMITS)
    scores = [(edge.a, edge.b, edge.score) for edge in edges]
    groups, conflicts = grouped(set(MEMBERS), scores, cannot, [Said(*word) for word in words], SMALL)

    assert groups == [set(programme) for programme in joined.programmes]
    assert [tuple(word) for word in conflicts] == [tuple(word) for word in joined.conflicts]


class Joining(RuleBasedStateMachine):
    """Pairs, links and words come and go; after each, only what the change reaches is joined anew."""

    def __init__(self) -> None:
        super().__init__()
        self.edges: dict[tuple[ActivityId, ActivityId], Edge] = {}
        self.cannot: set[tuple[ActivityId, ActivityId]] = set()
        self.words: dict[str, MustLink] = {}
        self.programmes = {frozenset({member}) for member in MEMBERS}

    @rule(pair=st.sampled_from(PAIRS), score=st.none() | st.integers(12, 19))
    def compare(self, pair: tuple[ActivityId, ActivityId], score: int | None) -> None:
        """A pair is scored anew, or is no pair any more."""
        self.edges.pop(pair, None)
        if score is not None:
            self.edges[pair] = Edge(Decimal(score), *pair)
        self._rejoin(pair)

    @rule(pair=st.sampled_from(PAIRS))
    def link_or_unlink(self, pair: tuple[ActivityId, ActivityId]) -> None:
        """Two works are found to be linked, or no longer."""
        self.cannot ^= {pair}
        self._rejoin(pair)

    @rule(pair=st.sampled_from(PAIRS), id=st.sampled_from("123"), day=st.integers(1, 3))
    def decide_or_undo(self, pair: tuple[ActivityId, ActivityId], id: str, day: int) -> None:
        """A person decides, or takes a decision back."""
        gone = self.words.pop(id, None)
        if gone is None:
            self.words[id] = _said(id, *pair, day)
        self._rejoin(pair if gone is None else (gone.a, gone.b))

    def _rejoin(self, changed: tuple[ActivityId, ActivityId]) -> None:
        joined = [*self.edges, *((word.a, word.b) for word in self.words.values())]
        inside = closure_of(changed, self.programmes, joined)
        anew = join(inside, self.edges.values(), self.cannot, self.words.values(), **LIMITS).programmes
        self.programmes = {programme for programme in self.programmes if inside.isdisjoint(programme)} | set(anew)

    @invariant()
    def is_as_if_joined_at_once(self) -> None:
        """What stands is what a rebuild from nothing would give."""
        whole = join(MEMBERS, self.edges.values(), self.cannot, self.words.values(), **LIMITS)
        assert set(whole.programmes) == self.programmes


Joining.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestJoining = Joining.TestCase
