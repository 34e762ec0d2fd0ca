"""What waits to be published: one row for each event, in lanes, each of which one relay at a time sends."""

import json
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from istmo_registry.store.statement import Row, Statement, columns

__all__ = [
    "LANES",
    "OUTBOX",
    "OutboxRow",
    "Publication",
    "delete_sent",
    "insert_publications",
    "keep_lanes",
    "read_lanes",
    "release_lanes",
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


def keep_lanes(lanes: Collection[int], holder: str, lease_seconds: float) -> Statement:
    """Lock the rows of lanes and hold them for longer: (lane, the time) of those whose lease is not over."""
    return Statement(
        "lanes: keep",
        """UPDATE lanes SET until = now() + make_interval(secs => %(seconds)s)
           WHERE lane = ANY(%(lanes)b::int[]) AND holder = %(holder)s AND until > now()
           RETURNING lane, now()""",
        {"lanes": sorted(lanes), "holder": holder, "seconds": lease_seconds},
    )


def release_lanes(lanes: Collection[int], holder: str) -> Statement:
    """Leave lanes to others, once the transaction commits: (lane, the time) of those whose lease is not over."""
    return Statement(
        "lanes: release",
        """UPDATE lanes SET holder = NULL, until = '-infinity'
           WHERE lane = ANY(%(lanes)b::int[]) AND holder = %(holder)s AND until > now()
           RETURNING lane, now()""",
        {"lanes": sorted(lanes), "holder": holder},
    )


def read_lanes(lanes: Collection[int], limit: int) -> Statement:
    """The oldest rows of lanes, for `OutboxRow.of`."""
    return Statement(
        "outbox: read",
        """SELECT id, lane, topic, key, headers, value, traceparent FROM outbox
           WHERE lane = ANY(%(lanes)b::int[]) ORDER BY id LIMIT %(limit)s""",
        {"lanes": sorted(lanes), "limit": limit},
    )


def delete_sent(ids: Collection[int], impossible: Collection[int], began: datetime) -> Statement:
    """Take away what was sent from `began` on, or is `impossible` to send, and keep a record for each trace."""
    return Statement(
        "outbox: delete",
        """WITH gone AS (
               DELETE FROM outbox WHERE id = ANY(%(ids)b::bigint[]) RETURNING id, topic, key, since, traceparent)
           INSERT INTO stage_records (stage, trace, subject, since, began, ended, outcome)
           SELECT 'relay', substr(traceparent, 4, 32)::uuid, topic || '/' || convert_from(key, 'UTF8'), since,
               %(began)s, clock_timestamp(),
               CASE WHEN id = ANY(%(impossible)b::bigint[]) THEN 'parked: larger than its topic takes' ELSE 'sent' END
           FROM gone WHERE traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-'""",
        {"ids": list(ids), "impossible": list(impossible), "began": began},
    )
