"""The inverted index of blocking keys. The row of a key's count is the lock of the key."""

from collections.abc import Collection, Iterable, Mapping

from istmo_registry.store.statement import Statement, columns

__all__ = ["count_carriers", "delete_keys", "insert_keys", "read_keys"]

_PAIRS = "unnest(%(key)b::text[], %(activity)b::bigint[])"


def read_keys(activities: Collection[int]) -> Statement:
    """The keys that these activities carry: (activity, key)."""
    return Statement(
        "keys: read",
        "SELECT activity, key FROM blocking_keys WHERE activity = ANY(%(activities)b::bigint[])",
        {"activities": list(activities)},
    )


def delete_keys(gone: Iterable[tuple[str, int]]) -> Statement:
    """Take keys from their carriers: (key, activity)."""
    return Statement(
        "keys: delete",
        f"""DELETE FROM blocking_keys k USING {_PAIRS} AS n (key, activity)
            WHERE k.key = n.key AND k.activity = n.activity""",
        columns(("key", "activity"), gone),
    )


def insert_keys(new: Iterable[tuple[str, int]]) -> Statement:
    """Give keys to carriers: (key, activity)."""
    return Statement(
        "keys: insert",
        f"INSERT INTO blocking_keys (key, activity) SELECT * FROM {_PAIRS}",
        columns(("key", "activity"), new),
    )


def count_carriers(changes: Mapping[str, int]) -> Statement:
    """Change how many carry each key, locking the counts in the order of keys: (key, carriers)."""
    return Statement(
        "keys: count",
        """INSERT INTO key_counts AS c (key, carriers)
           SELECT key, change FROM unnest(%(key)b::text[], %(change)b::bigint[]) AS n (key, change)
           ORDER BY key COLLATE "C"
           ON CONFLICT (key) DO UPDATE SET carriers = c.carriers + excluded.carriers
           RETURNING key, carriers""",
        columns(("key", "change"), changes.items()),
    )
