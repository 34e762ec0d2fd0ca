"""What was reported: ids of events and the contents that came under them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from istmo_registry.domain.identity import Copy
from istmo_registry.domain.ids import EventKey, ImportId
from istmo_registry.store.statement import Statement, columns

__all__ = [
    "CopyRow",
    "HeadRow",
    "NewCopy",
    "insert_copies",
    "insert_event_ids",
    "lock_event_ids",
    "read_copies",
    "read_copies_beside",
    "read_data",
    "read_heads",
    "update_copies",
]

_KEY = ("partner", "source", "event")
_COPY = """c.event_id, c.id, c.content_hash, c.recorded, c.standing, c.import_id, c.stands, c.contested, c.activity,
    e.partner, e.source, e.event"""
_KEYS = "unnest(%(partner)b::text[], %(source)b::text[], %(event)b::text[]) AS k (partner, source, event)"


class CopyRow(NamedTuple):
    """A content of an event id as stored, of what one import brought or of what came without."""

    event_id: int
    copy: int
    content_hash: str
    recorded: datetime
    standing: str
    import_id: str | None
    stands: bool
    contested: bool
    activity: int
    partner: str
    source: str
    event: str

    @property
    def arrival(self) -> Copy:
        """The smallest of its deliveries."""
        key = EventKey(self.partner, self.source, self.event)
        return Copy(key, self.content_hash, self.recorded, self.standing, self.import_id)


class NewCopy(NamedTuple):
    """A content to be stored."""

    event_id: int
    content_hash: str
    recorded: datetime
    event_time: datetime | None
    standing: str
    import_id: str | None
    stands: bool
    contested: bool
    activity: int
    type: str
    transaction: str | None
    states_list: bool
    clear: bool
    data: str

    def head(self, copy: int, key: EventKey) -> "HeadRow":
        """What `read_heads` says of it, once its row has the id `copy`."""
        return HeadRow(
            activity=self.activity,
            copy=copy,
            type=self.type,
            transaction=self.transaction,
            states_list=self.states_list,
            clear=self.clear,
            contested=self.contested,
            recorded=self.recorded,
            event_time=self.event_time,
            standing=self.standing,
            content_hash=self.content_hash,
            partner=key.partner,
            source=key.source,
            event=key.id,
        )


class HeadRow(NamedTuple):
    """Everything that counts about a copy that stands, without its content."""

    activity: int
    copy: int
    type: str
    transaction: str | None
    states_list: bool
    clear: bool
    contested: bool
    recorded: datetime
    event_time: datetime | None
    standing: str
    content_hash: str
    partner: str
    source: str
    event: str


def insert_event_ids(keys: Iterable[EventKey]) -> Statement:
    """Give a row to every id that has none, in order, so that two workers wait for each other the same way round.

    (id, partner, source, event) of those that had none: nobody else sees these rows before they are committed.
    """
    return Statement(
        "event ids: insert",
        f"""INSERT INTO event_ids (partner, source, event)
            SELECT partner, source, event FROM {_KEYS}
            ORDER BY partner COLLATE "C", source COLLATE "C", event COLLATE "C"
            ON CONFLICT DO NOTHING
            RETURNING id, partner, source, event""",
        columns(_KEY, keys),
    )


def lock_event_ids(keys: Iterable[EventKey]) -> Statement:
    """Lock the rows of these ids in order: (id, partner, source, event)."""
    return Statement(
        "event ids: lock",
        f"""SELECT e.id, e.partner, e.source, e.event FROM {_KEYS} JOIN event_ids e USING (partner, source, event)
            ORDER BY e.id FOR NO KEY UPDATE OF e""",
        columns(_KEY, keys),
    )


def read_copies(event_ids: Iterable[int]) -> Statement:
    """Every content of these event ids, as `CopyRow`."""
    return Statement(
        "copies: read",
        f"""SELECT {_COPY} FROM copies c JOIN event_ids e ON e.id = c.event_id
            WHERE c.event_id = ANY(%(event_ids)b::bigint[])""",
        {"event_ids": list(event_ids)},
    )


def read_copies_beside(imports: Iterable[ImportId]) -> Statement:
    """Every content of each event id of which these imports brought one, as `CopyRow`.

    (`OFFSET 0`: an import may be the first large thing in tables of which the planner thinks that they are empty. Each
    id is looked up in an index whatever it thinks; left to itself it compared all with all.)
    """
    return Statement(
        "copies: read beside imports",
        f"""SELECT {_COPY} FROM (
                SELECT DISTINCT b.event_id
                FROM unnest(%(partner)b::text[], %(import_id)b::text[]) AS n (partner, import_id)
                CROSS JOIN LATERAL (SELECT event_id FROM copies WHERE import_id = n.import_id OFFSET 0) b
                CROSS JOIN LATERAL (SELECT FROM event_ids WHERE id = b.event_id AND partner = n.partner OFFSET 0) i
            ) brought
            CROSS JOIN LATERAL (SELECT * FROM copies WHERE event_id = brought.event_id OFFSET 0) c
            CROSS JOIN LATERAL (SELECT * FROM event_ids WHERE id = c.event_id OFFSET 0) e""",
        columns(ImportId._fields, imports),
    )


def insert_copies(new: Iterable[NewCopy]) -> Statement:
    """Store contents: (event_id, content_hash, import_id, id)."""
    return Statement(
        "copies: insert",
        f"""INSERT INTO copies ({", ".join(NewCopy._fields)})
            SELECT * FROM unnest(%(event_id)b::bigint[], %(content_hash)b::text[], %(recorded)b::timestamptz[],
                %(event_time)b::timestamptz[], %(standing)b::text[], %(import_id)b::text[], %(stands)b::boolean[],
                %(contested)b::boolean[], %(activity)b::bigint[], %(type)b::text[], %(transaction)b::text[],
                %(states_list)b::boolean[], %(clear)b::boolean[], %(data)b::text[])
            RETURNING event_id, content_hash, import_id, id""",
        columns(NewCopy._fields, new),
    )


def update_copies(changed: Iterable[CopyRow]) -> Statement:
    """Note on contents that an earlier delivery came, or that they do or do not stand."""
    return Statement(
        "copies: update",
        """UPDATE copies c SET recorded = n.recorded, standing = n.standing, stands = n.stands, contested = n.contested
           FROM unnest(%(copy)b::bigint[], %(recorded)b::timestamptz[], %(standing)b::text[], %(stands)b::boolean[],
               %(contested)b::boolean[]) AS n (copy, recorded, standing, stands, contested)
           WHERE c.id = n.copy""",
        columns(
            ("copy", "recorded", "standing", "stands", "contested"),
            ((c.copy, c.recorded, c.standing, c.stands, c.contested) for c in changed),
        ),
    )


def read_heads(activities: Collection[int]) -> Statement:
    """Everything that counts about these activities, as `HeadRow`."""
    return Statement(
        "copies: read heads",
        """SELECT c.activity, c.id, c.type, c.transaction, c.states_list, c.clear, c.contested, c.recorded,
               c.event_time, c.standing, c.content_hash, e.partner, e.source, e.event
           FROM copies c JOIN event_ids e ON e.id = c.event_id
           WHERE c.activity = ANY(%(activities)b::bigint[]) AND c.stands""",
        {"activities": list(activities)},
    )


def read_data(copies: Collection[int]) -> Statement:
    """The contents themselves: (copy, type, data)."""
    return Statement(
        "copies: read data",
        "SELECT id, type, data FROM copies WHERE id = ANY(%(copies)b::bigint[])",
        {"copies": list(copies)},
    )
