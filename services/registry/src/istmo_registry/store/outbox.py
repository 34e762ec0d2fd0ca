"""What waits to be published: one row for each event, in lanes that one relay at a time sends."""

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
    "hold_lane",
    "insert_publications",
    "read_lane",
    "release_lane",
    "renew_lane",
    "take_lane",
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
    topic: str
    key: bytes
    headers: dict[str, str]
    value: bytes | None
    traceparent: str | None

    @classmethod
    def of(cls, row: Row) -> "OutboxRow":
        """From a row of `read_lane`."""
        return cls(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5])


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


def take_lane(holder: str, lease_seconds: float) -> Statement:
    """Lease one lane in which something waits and that nobody holds: (lane,), or nothing."""
    return Statement(
        "lanes: take",
        """UPDATE lanes SET holder = %(holder)s, until = now() + make_interval(secs => %(seconds)s)
           WHERE lane = (SELECT lane FROM lanes l
               WHERE (l.until < now() OR l.holder = %(holder)s) AND EXISTS (SELECT FROM outbox o WHERE o.lane = l.lane)
               ORDER BY lane LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING lane""",
        {"holder": holder, "seconds": lease_seconds},
    )


def renew_lane(lane: int, holder: str, lease_seconds: float) -> Statement:
    """Hold the lane for longer: (the time,), or nothing if it is another's by now."""
    return Statement(
        "lanes: renew",
        """UPDATE lanes SET until = now() + make_interval(secs => %(seconds)s)
           WHERE lane = %(lane)s AND holder = %(holder)s AND until > now()
           RETURNING now()""",
        {"lane": lane, "holder": holder, "seconds": lease_seconds},
    )


def hold_lane(lane: int, holder: str) -> Statement:
    """Lock the lane's row: (lane,), or nothing if the lease is over."""
    return Statement(
        "lanes: hold",
        """SELECT lane FROM lanes WHERE lane = %(lane)s AND holder = %(holder)s AND until > now()
           FOR NO KEY UPDATE""",
        {"lane": lane, "holder": holder},
    )


def release_lane(lane: int, holder: str) -> Statement:
    """Leave the lane to others."""
    return Statement(
        "lanes: release",
        "UPDATE lanes SET holder = NULL, until = '-infinity' WHERE lane = %(lane)s AND holder = %(holder)s",
        {"lane": lane, "holder": holder},
    )


def read_lane(lane: int, limit: int) -> Statement:
    """The oldest rows of a lane, for `OutboxRow.of`."""
    return Statement(
        "outbox: read",
        """SELECT id, topic, key, headers, value, traceparent FROM outbox
           WHERE lane = %(lane)s ORDER BY id LIMIT %(limit)s""",
        {"lane": lane, "limit": limit},
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
