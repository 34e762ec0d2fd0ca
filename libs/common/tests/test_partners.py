"""Who a key belongs to, what a partner may report for, and who is told about an organisation."""

import asyncio
import json
from collections.abc import Callable

import pytest

from istmo_common.disclosure import PUBLIC
from istmo_common.errors import InvalidEvent, Unauthenticated
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import LogProducer
from istmo_common.partners import PartnerDirectory, make_key
from istmo_stack.testing import Broker

Change = Callable[..., CloudEvent]


@pytest.fixture
def change(make_event: Callable[..., CloudEvent]) -> Change:
    """A `partner.changed` about a partner, with what the test says of it."""

    def change(id: str, version: int = 1, **said: object) -> CloudEvent:
        record = {"id": id, "version": version, "name": id.title(), "kind": "civil-society", "language": "es"} | said
        return make_event(f"{id}-{version}", type="partner.changed", data=json.dumps(record).encode())

    return change


def _directory(*events: CloudEvent) -> PartnerDirectory:
    directory = PartnerDirectory()
    for event in events:
        directory.apply(json.loads(event.data)["id"].encode(), event)
    return directory


def test_a_key_opens_as_its_partner(change: Change) -> None:
    """A partner that sends its key is known with its language and the organisations that it reports for."""
    key, sha256 = make_key("fundacion-paz")
    directory = _directory(
        change("fundacion-paz", keys=[{"id": "k1", "sha256": sha256}], owns=["GT-1"], custodian_of=["GT-2"])
    )
    reader = directory.authenticate(f"Bearer {key}")

    assert ("fundacion-paz", "es", False) == (reader.partner, reader.language, reader.steward)
    standings = [reader.custody.standing(organisation) for organisation in ("GT-1", "GT-2", "GT-3")]
    assert ["owner", "custodian", None] == standings
    assert PUBLIC == directory.authenticate(None)
    assert "fundacion-paz" == directory.authenticate(f"bearer {key} ").partner


def test_two_keys_may_live_at_once_and_a_revoked_one_is_gone(change: Change) -> None:
    """A partner changes its key without a gap: both open until the old one is revoked."""
    (old, old_sha), (new, new_sha) = make_key("p"), make_key("p")
    both = [{"id": "old", "sha256": old_sha}, {"id": "new", "sha256": new_sha}]
    directory = _directory(change("p", 1, keys=both))
    assert ["p", "p"] == [directory.authenticate(f"Bearer {key}").partner for key in (old, new)]

    directory.apply(b"p", change("p", 2, keys=both[1:]))
    assert "p" == directory.authenticate(f"Bearer {new}").partner
    with pytest.raises(Unauthenticated):
        directory.authenticate(f"Bearer {old}")


def test_what_is_no_living_key_is_refused_without_a_hint(change: Change) -> None:
    """Whoever guesses learns nothing: an unknown partner and a wrong secret are answered alike."""
    key, sha256 = make_key("p")
    directory = _directory(change("p", keys=[{"id": "k", "sha256": sha256}]), change("keyless"))
    answers = set()
    for guess in (f"istmo_q_{key[8:]}", key[:-1], f"{key}0", "istmo_keyless_00", "istmo_p_" + "0" * 48):
        with pytest.raises(Unauthenticated) as refused:
            directory.authenticate(f"Bearer {guess}")
        answers.add(str(refused.value))
    assert {"the key is not valid"} == answers
    for malformed in ("", "Bearer", f"Basic {key}", "Bearer istmo_p", f"Bearer istmo_p_{''}", f"Bearer {key[6:]}", key):
        with pytest.raises(Unauthenticated, match="Authorization: Bearer"):
            directory.authenticate(malformed)


def test_custody_of_the_unclaimed_ends_where_an_owner_appears(change: Change) -> None:
    """The desk may report for every organisation, until a partner claims it."""
    directory = _directory(change("desk", custodian_of="unclaimed", steward=True), change("p", owns=["GT-1"]))
    desk = directory.custody("desk")
    assert [None, "custodian"] == [desk.standing("GT-1"), desk.standing("GT-2")]

    directory.apply(b"p", change("p", 2, owns=["GT-2"]))
    desk = directory.custody("desk")
    assert ["custodian", None] == [desk.standing("GT-1"), desk.standing("GT-2")]


def test_the_owner_is_told_before_custodians_and_these_before_the_desk(change: Change) -> None:
    """What concerns an organisation reaches whoever answers for it, and never falls to nobody."""
    directory = _directory(
        change("desk", custodian_of="unclaimed", steward=True),
        change("owner-b", owns=["GT-1", "GT-9"]),
        change("owner-a", owns=["GT-1"]),
        change("custodian", custodian_of=["GT-1", "GT-2"]),
    )
    told = [directory.recipients_for(organisation) for organisation in ("GT-1", "GT-2", "GT-3")]
    assert [["owner-a", "owner-b"], ["custodian"], ["desk"]] == told
    assert [] == PartnerDirectory().recipients_for("GT-1")


def test_the_highest_version_stays_whatever_comes_after(change: Change) -> None:
    """A record that was sent again late undoes nothing: neither a change nor a removal."""
    directory = _directory(change("p", 3, name="Third"), change("p", 2, name="Second"))
    assert ["Third"] == [record.name for record in directory.partners()]

    directory.apply(b"p", None)
    directory.apply(b"p", change("p", 3, name="Third"))
    assert (None, []) == (directory.get("p"), directory.partners())
    directory.apply(b"p", change("p", 4, name="Fourth"))
    assert ["Fourth"] == [record.name for record in directory.partners()]


def test_what_is_no_partner_record_is_invalid(change: Change, make_event: Callable[..., CloudEvent]) -> None:
    """A record of another kind, or under another's key, changes nobody's rights."""
    directory = PartnerDirectory()
    for key, event in (
        (b"q", change("p")),
        (b"p", make_event("1", type="activity.reported")),
        (b"p", change("p", kind=7)),
        (b"a_b", change("a_b")),
    ):
        with pytest.raises(InvalidEvent):
            directory.apply(key, event)
    assert [] == directory.partners()


async def test_follows_the_topic_and_says_when_it_has_caught_up(
    kafka: Broker, topics: str, producer: LogProducer, change: Change
) -> None:
    """A service that starts knows every partner before it answers, and learns of changes while it runs."""
    for number in range(20):
        await producer.send("partners", f"p{number}".encode(), change(f"p{number}"))
    await producer.send("partners", b"p0", change("p9"))
    await producer.send("partners", b"p1", None)

    directory = PartnerDirectory()
    following = asyncio.create_task(directory.follow(kafka.bootstrap_servers, topics))
    try:
        async with asyncio.timeout(20):
            await directory.caught_up.wait()
            assert 19 == len(directory.partners())
            await producer.send("partners", b"late", change("late"))
            while directory.get("late") is None:  # noqa: ASYNC110 - a directory is asked, it does not call
                await asyncio.sleep(0.01)
    finally:
        following.cancel()
        await asyncio.wait({following})


async def test_an_empty_topic_is_caught_up_with(kafka: Broker, topics: str) -> None:
    """The first start of a platform does not wait for a first partner."""
    directory = PartnerDirectory()
    following = asyncio.create_task(directory.follow(kafka.bootstrap_servers, topics))
    try:
        async with asyncio.timeout(20):
            await directory.caught_up.wait()
    finally:
        following.cancel()
        await asyncio.wait({following})
    assert [] == directory.partners()
