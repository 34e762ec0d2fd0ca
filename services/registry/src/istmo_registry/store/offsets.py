"""Where fold stands in the log: moved in the transaction that folds, and only from where the worker had read."""

from collections.abc import Sequence
from dataclasses import dataclass

from istmo_registry.store.statement import Statement, columns

__all__ = ["Move", "begin_offsets", "lock_offsets", "move_offsets", "read_offsets"]


@dataclass(frozen=True, slots=True)
class Move:
    """A step in a partition: records from `position` up to, but not including, `next_position` were read.

    `last_event` names the event before `next_position`.
    """

    topic: str
    partition: int
    position: int
    next_position: int
    last_event: str | None


def read_offsets() -> Statement:
    """(topic, partition, position, last_event, cluster) of every partition ever read."""
    return Statement("offsets: read", "SELECT topic, partition, position, last_event, cluster FROM offsets")


def lock_offsets(moves: Sequence[Move]) -> Statement:
    """Lock the rows of these partitions in order: (topic, partition, position)."""
    return Statement(
        "offsets: lock",
        """SELECT o.topic, o.partition, o.position FROM offsets o
           JOIN unnest(%(topic)b::text[], %(partition)b::int[]) AS n (topic, partition) USING (topic, partition)
           ORDER BY o.topic, o.partition FOR UPDATE OF o""",
        columns(("topic", "partition"), ((move.topic, move.partition) for move in moves)),
    )


def begin_offsets(partitions: Sequence[tuple[str, int]], cluster: str) -> Statement:
    """Give a row, at the beginning, to each partition (topic, number) that was never read from."""
    return Statement(
        "offsets: begin",
        """INSERT INTO offsets (topic, partition, position, cluster)
           SELECT topic, partition, 0, %(cluster)s FROM unnest(%(topic)b::text[], %(partition)b::int[])
               AS n (topic, partition)
           ORDER BY topic COLLATE "C", partition
           ON CONFLICT DO NOTHING""",
        columns(("topic", "partition"), partitions) | {"cluster": cluster},
    )


def move_offsets(moves: Sequence[Move]) -> Statement:
    """Move each partition that still stands where the worker read: (topic, partition) of those moved."""
    return Statement(
        "offsets: move",
        """UPDATE offsets o SET position = n.next_position, last_event = n.last_event
           FROM unnest(%(topic)b::text[], %(partition)b::int[], %(position)b::bigint[], %(next_position)b::bigint[],
               %(last_event)b::text[]) AS n (topic, partition, position, next_position, last_event)
           WHERE o.topic = n.topic AND o.partition = n.partition AND o.position = n.position
           RETURNING o.topic, o.partition""",
        columns(
            ("topic", "partition", "position", "next_position", "last_event"),
            ((move.topic, move.partition, move.position, move.next_position, move.last_event) for move in moves),
        ),
    )
