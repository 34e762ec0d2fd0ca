"""What the compacted topics must say: of every key the version that is stored, as far as nothing of it waits."""

from collections.abc import Collection

from istmo_registry.store.statement import Statement

__all__ = ["lock_handles", "read_finding_versions", "read_versions"]


def read_versions() -> Statement:
    """(topic, key, version, whether the last event was a tombstone) of every key with nothing in the outbox."""
    return Statement(
        "published: read versions",
        """SELECT topic, key, version, gone FROM (
               SELECT 'programmes' AS topic, a.handle AS key, p.version, p.outcome IS NULL AS gone
               FROM programmes p JOIN activities a ON a.id = p.root
               UNION ALL
               SELECT 'partners', id, version, false FROM partners) AS stored
           WHERE NOT EXISTS (
               SELECT FROM outbox o WHERE o.topic = stored.topic AND o.key = convert_to(stored.key, 'UTF8'))""",
    )


def read_finding_versions() -> Statement:
    """(key, version) of every finding."""
    return Statement("published: read findings", "SELECT key, version FROM findings")


def lock_handles(handles: Collection[str]) -> Statement:
    """Lock the activities of these handles in id order: (id, handle)."""
    return Statement(
        "published: lock",
        """SELECT id, handle FROM activities WHERE handle = ANY(%(handles)b::text[])
           ORDER BY id FOR NO KEY UPDATE""",
        {"handles": list(handles)},
    )
