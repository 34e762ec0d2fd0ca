"""The table of processes."""

import pytest

from istmo_stack.services import SERVICES, UnknownWorker, instances, parse_workers


def test_any_number_of_each_worker_can_run() -> None:
    """`--workers fold=2,relay=3` starts so many, each with a name of its own, and one of each other."""
    assert [
        "ingest", "registry", "notify", "fold-1", "fold-2", "match-1", "resolve-1",
        "relay-1", "relay-2", "relay-3", "notify-worker-1",
    ] == [name for name, _ in instances(parse_workers("fold=2, relay=3"))]  # fmt: skip


@pytest.mark.parametrize("text", ["ingest=2", "fold", "fold=0", "fold=two", "fold=65", "folds=2"])
def test_a_wrong_number_of_workers_is_refused(text: str) -> None:
    """A typing error is told instead of being taken for one of each."""
    with pytest.raises(UnknownWorker, match=text):
        parse_workers(text)


def test_only_who_checks_the_operator_gets_the_hash_of_the_key() -> None:
    """A process holds no secret that it has no use for."""
    assert ["registry", "notify"] == [each.name for each in SERVICES if "ISTMO_ADMIN_KEY_SHA256" in each.reads]
    assert ["registry", "fold", "match", "resolve", "relay"] == [
        each.name for each in SERVICES if "ISTMO_HANDLE_KEY" in each.reads
    ]
    assert ["ingest"] == [each.name for each in SERVICES if "ISTMO_REDIS_URL" in each.reads]
