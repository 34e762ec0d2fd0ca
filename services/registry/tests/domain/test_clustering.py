"""Pairs become programmes, and what may not be one never is."""

from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.clustering import Edge, cluster
from istmo_registry.domain.ids import ActivityId

A, B, C, D = (ActivityId("X", name) for name in "abcd")
_MEMBERS = [ActivityId("X", name) for name in "abcdefg"]
_PAIRS = list(combinations(_MEMBERS, 2))


def _edge(score: str, a: ActivityId, b: ActivityId) -> Edge:
    return Edge(Decimal(score), a, b)


_edges = st.lists(
    st.builds(lambda score, pair: Edge(Decimal(score), *pair), st.integers(1, 3), st.sampled_from(_PAIRS)),
    max_size=15,
    unique_by=lambda edge: (edge.a, edge.b),
)
_cannot = st.lists(st.sampled_from(_PAIRS), max_size=4)


def test_members_without_edges_stand_alone() -> None:
    """Work that nobody else reports is a programme of its own."""
    assert (frozenset({A}), frozenset({B})) == cluster({B, A}, [], [])


def test_better_edge_goes_first() -> None:
    """Where two candidates exclude one another the likelier one is joined."""
    edges = [_edge("12", A, B), _edge("13", B, C)]

    assert (frozenset({A}), frozenset({B, C})) == cluster({A, B, C}, edges, [(A, C)])


def test_at_equal_scores_the_smaller_pair_goes_first() -> None:
    """A tie is decided by names, never by which pair was found first."""
    edges = [_edge("12", B, C), _edge("12", A, B)]

    assert (frozenset({A, B}), frozenset({C})) == cluster({A, B, C}, edges, [(A, C)])


def test_cannot_link_bars_every_path() -> None:
    """A funder and its implementer are not joined by way of two others either."""
    edges = [_edge("15", A, B), _edge("14", C, D), _edge("13", B, C)]

    assert (frozenset({A, B}), frozenset({C, D})) == cluster({A, B, C, D}, edges, [(D, A)])


@given(_edges, _cannot)
def test_no_cluster_holds_both_ends_of_a_cannot_link(
    edges: list[Edge], cannot: list[tuple[ActivityId, ActivityId]]
) -> None:
    """Linked work is never merged, through whatever chain of pairs."""
    clusters = cluster(_MEMBERS, edges, cannot)

    assert not [pair for pair in cannot for joined in clusters if joined.issuperset(pair)]
    assert sorted(_MEMBERS) == sorted(member for joined in clusters for member in joined)


@given(_edges.flatmap(lambda edges: st.tuples(st.just(edges), st.permutations(edges))), _cannot)
def test_order_of_pairs_does_not_decide(
    orders: tuple[list[Edge], list[Edge]], cannot: list[tuple[ActivityId, ActivityId]]
) -> None:
    """Pairs found in another order, or named the other way round, make the same programmes."""
    edges, shuffled = orders
    turned = [Edge(edge.score, edge.b, edge.a) for edge in shuffled]
    backwards = [(b, a) for a, b in reversed(cannot)]

    assert cluster(_MEMBERS, edges, cannot) == cluster(reversed(_MEMBERS), turned, backwards)


@given(_edges, _cannot)
def test_without_cannot_links_clusters_are_connected_pieces(
    edges: list[Edge], cannot: list[tuple[ActivityId, ActivityId]]
) -> None:
    """Everything connected is one programme where nothing forbids it, and a cannot-link only ever parts."""
    pieces = [{member} for member in _MEMBERS]
    for edge in edges:
        joined = set().union(*(piece for piece in pieces if edge.a in piece or edge.b in piece))
        pieces = [piece for piece in pieces if piece.isdisjoint(joined)] + [joined]

    assert tuple(sorted(map(frozenset, pieces), key=min)) == cluster(_MEMBERS, edges, [])
    assert all(any(part <= piece for piece in pieces) for part in cluster(_MEMBERS, edges, cannot))
