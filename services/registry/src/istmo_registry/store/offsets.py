"""Where fold stands in the log: moved in the transaction that folds, and only from where the worker had read."""

from collections.abc import Sequence

from istmo_common.kafka.batches import Move
from istmo_registry.store.statement import Statement, columns

__all__ = ["begin_offsets", "lock_offsets", "move_offsets"]


def lock_offsets(moves: Sequence[Move]) -> Statement:
    """Lock the rows of these partitions in order."""
    return Statement(
        "offsets: lock",
        """SELECT o.topic, o.partition FROM offsets o
           JOIN unnest(%(topic)b::text[], %(partition)b::int[]) AS n (topic, partition) USING (topic, partition)
           ORDER BY o.topic, o.partition FOR NO KEY UPDATE OF o""",
        columns(("topic", "partition"), ((move.partition.topic, move.partition.number) for move in moves)),
    )


def begin_offsets(moves: Sequence[Move]) -> Statement:
    """Note where partitions stand that had no row: (topic, partition) of those noted."""
    names = ("topic", "partition", "position", "last_event", "cluster")
    return Statement(
        "offsets: begin",
        """INSERT INTO offsets (topic, partition, position, last_event, cluster)
           SELECT topic, partition, position, last_event, cluster
           FROM unnest(%(topic)b::text[], %(partition)b::int[], %(position)b::bigint[], %(last_event)b::text[],
               %(cluster)b::text[]) AS n (topic, partition, position, last_event, cluster)
           ORDER BY topic COLLATE "C", partition
           ON CONFLICT DO NOTHING
           RETURNING topic, partition""",
        columns(
            names,
            ((m.partition.topic, m.partition.number, m.to.offset, m.to.last_event, m.to.cluster) for m in moves),
        ),
    )


def move_offsets(moves: Sequence[Move]) -> Statement:
    """Move each partition that still stands where the worker read: (topic, partition) of those moved."""
    names = ("topic", "partition", "expected", "position", "last_event", "cluster")
    return Statement(
        "offsets: move",
        """UPDATE offsets o SET position = n.position, last_event = n.last_event, cluster = n.cluster
           FROM unnest(%(topic)b::text[], %(partition)b::int[], %(expected)b::bigint[], %(position)b::bigint[],
               %(last_event)b::text[], %(cluster)b::text[])
               AS n (topic, partition, expected, position, last_event, cluster)
           WHERE o.topic = n.topic AND o.partition = n.partition AND o.position = n.expected
           RETURNING o.topic, o.partition""",
        columns(
            names,
            (
                (m.partition.topic, m.partition.number, m.expected, m.to.offset, m.to.last_event, m.to.cluster)
                for m in moves
            ),
        ),
    )
