"""When everything has come to rest, and what is there then."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.batches import Partition, RawRecord
from istmo_faults.history import DeadLetter, Differed, Failed, Held, History, Logged, Sent, Stood
from istmo_faults.logs import Log, open_log
from istmo_faults.subscribers import HOOK, STREAM
from istmo_faults.world import HANDLE_KEY, World
from istmo_oracle import fold
from istmo_stack.errors import CallFailed

__all__ = ["note_what_is", "rest"]

REST_SECONDS: Final = 90.0
_LOOK_SECONDS: Final = 0.1
_REPORTS: Final = ("activities", "transactions")
_OUTCOMES: Final = ("findings", "programmes")
_DEAD: Final = "dead-letters"
_MARK: Final = re.compile(rb"q[a-z]{10}q")


async def rest(world: World, history: History, timeout_seconds: float = REST_SECONDS) -> None:
    """Wait until everything reported was taken in and told; what is missing when time is up is noted as failed."""
    deadline = time.monotonic() + timeout_seconds
    waiting = ["everything"]
    async with open_log(world.places.kafka, world.places.topic_prefix, (*_REPORTS, *_OUTCOMES)) as log:
        while waiting and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                waiting = await _missing(world, log)
            except (CallFailed, httpx.HTTPError) as error:
                waiting = [f"a service does not answer: {error!r}"]
    if waiting:
        history.note(Failed(f"no rest after {timeout_seconds:.0f} s: {'; '.join(waiting)}"))


async def _missing(world: World, log: Log) -> list[str]:
    ends = await log.ends()
    registry = await asyncio.to_thread(world.admin.progress, world.addresses.registry)
    missing = _behind(registry, ends, _REPORTS)
    missing += [f"{queue} {registry[queue]}" for queue in ("dirty", "work", "outbox", "parked") if registry[queue]]
    if missing:
        return missing
    # The registry is at rest: what it has published does not grow any more.
    ends = await log.ends()
    missing = _behind(await asyncio.to_thread(world.admin.progress, world.addresses.notify), ends, _OUTCOMES)
    if missing:
        return missing
    last = (await world.ask("GET", "", STREAM))["last"]
    if world.stream.last != last:
        missing.append(f"the stream is at {world.stream.last} of {last}")
    hook = await world.ask("GET", "", HOOK)
    if world.hook.last != hook["last"] or hook["delivery"]["delivered"] != hook["last"]:
        missing.append(f"the webhook took {world.hook.last} of {hook['last']}: {hook['delivery']}")
    return missing


def _behind(progress: Mapping[str, Any], ends: Mapping[Partition, int], topics: Sequence[str]) -> list[str]:
    stored = {Partition(each["topic"], each["partition"]): each["stored"] for each in progress["partitions"]}
    return [
        f"{partition.topic} {partition.number} is stored up to {stored.get(partition, 0)} of {end}"
        for partition, end in ends.items()
        if partition.topic in topics and stored.get(partition, 0) < end
    ]


async def note_what_is(world: World, history: History) -> None:
    """Note what the log, the registry and the lists hold of what was sent in this history."""
    async with open_log(world.places.kafka, world.places.topic_prefix, (*_REPORTS, _DEAD)) as log:
        records = await log.records()
    letters = {_dead_letter(record) for record in records if record.partition.topic == _DEAD}
    history.note(*sorted(letters - world.letters, key=repr))
    world.letters |= letters
    events = [
        CloudEvent.from_headers(record.headers, record.value or b"")
        for record in records
        if record.partition.topic != _DEAD and _place(record) not in letters
    ]
    copies = Counter(mark.decode() for event in events for mark in _marks(event))
    exported = await _export(world)
    programmes = Counter(
        member["activity"]
        for line in exported
        if (stated := json.loads(line))["type"] == "programme"
        for member in stated["members"]
    )
    for sent in {each.mark: each for each in history.entries if isinstance(each, Sent)}.values():
        history.note(Logged(sent.mark, copies[sent.mark]), Held(sent.activity, programmes[sent.activity]))
    expected = await asyncio.to_thread(fold, events, HANDLE_KEY.encode())
    history.note(*(Differed(f"- {line}") for line in sorted(set(expected) - set(exported))))
    history.note(*(Differed(f"+ {line}") for line in sorted(set(exported) - set(expected))))
    for subscriber in (HOOK, STREAM):
        history.note(Stood(subscriber, (await world.ask("GET", "", subscriber))["last"]))


def _marks(event: CloudEvent) -> set[bytes]:
    return set(_MARK.findall(event.data + b" " + event.id.encode()))


def _place(record: RawRecord) -> DeadLetter:
    return DeadLetter(record.partition.topic, record.partition.number, record.offset)


def _dead_letter(record: RawRecord) -> DeadLetter:
    place = [record.header(f"dead-letter-{name}") or "" for name in ("topic", "partition", "offset")]
    return DeadLetter(place[0], int(place[1]), int(place[2]))


async def _export(world: World) -> list[str]:
    headers = {"Authorization": f"Bearer {world.admin_key}"}
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        answer = await http.get(f"{world.addresses.registry}/v1/admin/export", headers=headers)
    return answer.raise_for_status().text.splitlines()
