"""What waits to be published: one row for each event, in lanes, each of which one relay at a time sends."""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from istmo_registry.store.statement import Row, Statement, columns

__all__ = [
    "LANES",
    "OUTBOX",
    "OutboxRow",
    "Publication",
    "Settled",
    "insert_publications",
    "read_lanes",
    "settle",
    "take_lanes",
]

LANES: Final = 16

OUTBOX = "outbox"
"""The channel that wakes *relay*."""


@dataclass(frozen=True, slots=True)
class Publication:
    """An event to be published: `value` None is a tombstone; `version` rises with each event of a key."""

    topic: str
    key: bytes
    headers: dict[str, str]
    value: bytes | None
    version: int
    traceparent: str | None

    @property
    def lane(self) -> int:
        """By topic and key, so that the events of a key stay in one lane."""
        return zlib.crc32(self.topic.encode() + b"\0" + self.key) % LANES


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A row that waits."""

    id: int
    lane: int
    topic: str
    key: bytes
    headers: dict[str, str]
    value: bytes | None
    traceparent: str | None

    @classmethod
    def of(cls, row: Row) -> "OutboxRow":
        """From a row of `read_lanes`."""
        id_, lane, topic, key, headers, value, traceparent = row
        return cls(id_, lane, topic, key, json.loads(headers), value, traceparent)


class Settled(NamedTuple):
    """What became of rows that were sent: ids of those that need not be sent again, and what names those of them that
    the log cannot take."""

    ids: Collection[int]
    impossible: Mapping[int, str]


def insert_publications(publications: Iterable[Publication]) -> Statement:
    """Put down events in the order in which they are to be sent."""
    names = ("lane", "topic", "key", "headers", "value", "version", "traceparent")
    rows = (
        (p.lane, p.topic, p.key, json.dumps(p.headers, ensure_ascii=False), p.value, p.version, p.traceparent)
        for p in publications
    )
    return Statement(
        "outbox: insert",
        f"""INSERT INTO outbox ({", ".join(names)})
            SELECT {", ".join(names)} FROM unnest(%(lane)b::int[], %(topic)b::text[], %(key)b::bytea[],
                %(headers)b::text[], %(value)b::bytea[], %(version)b::bigint[], %(traceparent)b::text[])
                WITH ORDINALITY AS n ({", ".join(names)}, place)
            ORDER BY place""",
        columns(names, rows),
    )


def take_lanes(holder: str, lease_seconds: float) -> Statement:
    """Lease all lanes in which something waits and that nobody else holds: (lane, the time) each."""
    return Statement(
        "lanes: take",
        """UPDATE lanes SET holder = %(holder)s, until = now() + make_interval(secs => %(seconds)s)
           WHERE lane = ANY(ARRAY(SELECT lane FROM lanes l
               WHERE (l.until < now() OR l.holder = %(holder)s) AND EXISTS (SELECT FROM outbox o WHERE o.lane = l.lane)
               FOR UPDATE SKIP LOCKED))
           RETURNING lane, now()""",
        {"holder": holder, "seconds": lease_seconds},
    )


def read_lanes(lanes: Collection[int], limit: int) -> Statement:
    """The oldest rows of lanes, for `OutboxRow.of`."""
    return Statement(
        "outbox: read",
        """SELECT id, lane, topic, key, headers, value, traceparent FROM outbox
           WHERE lane = ANY(%(lanes)b::int[]) ORDER BY id LIMIT %(limit)s""",
        {"lanes": sorted(lanes), "limit": limit},
    )


def settle(lanes: Mapping[int, datetime], holder: str, lease_seconds: float | None, settled: Settled) -> Statement:
    """Hold lanes for longer, or leave them to others (None), and take away what was sent from them.

    (lane, the time) of those whose lease is not over; of the others nothing is taken away. Each trace gets a record.
    What cannot be sent is parked.
    """
    hold = "holder = NULL, until = '-infinity'"
    if lease_seconds is not None:
        hold = "until = now() + make_interval(secs => %(seconds)s)"
    return Statement(
        "outbox: settle",
        f"""WITH held AS (
               UPDATE lanes SET {hold}
               WHERE lane = ANY(%(lanes)b::int[]) AND holder = %(holder)s AND until > now()
               RETURNING lane, now() AS time),
           gone AS (
               DELETE FROM outbox WHERE id = ANY(%(ids)b::bigint[]) AND lane IN (SELECT lane FROM held)
               RETURNING id, topic, key, since, traceparent),
           aside AS (
               INSERT INTO parked (stage, subject, error, traceparent)
               SELECT 'relay', n.subject, 'the event is larger than its topic takes', gone.traceparent
               FROM gone JOIN unnest(%(impossible)b::bigint[], %(subjects)b::text[]) AS n (id, subject) USING (id)
               ON CONFLICT (stage, subject) DO UPDATE SET error = excluded.error, traceparent = excluded.traceparent,
                   since = now()),
           kept AS (
               INSERT INTO stage_records (stage, trace, subject, since, began, ended, outcome)
               SELECT 'relay', substr(traceparent, 4, 32)::uuid, topic || '/' || convert_from(key, 'UTF8'), since,
                   %(began)s, clock_timestamp(),
                   CASE WHEN id = ANY(%(impossible)b::bigint[]) THEN 'parked: larger than its topic takes'
                       ELSE 'sent' END
               FROM gone WHERE traceparent ~ '^[0-9a-f]{{2}}-[0-9a-f]{{32}}-')
           SELECT lane, time FROM held""",
        {
            "lanes": sorted(lanes),
            "holder": holder,
            "seconds": lease_seconds,
            "ids": list(settled.ids),
            "impossible": list(settled.impossible),
            "subjects": list(settled.impossible.values()),
            "began": max(lanes.values()),
        },
    )
