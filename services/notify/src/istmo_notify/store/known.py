"""What notify knows of partners, programmes, findings and alerts."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from psycopg import AsyncConnection

from istmo_common.canonical import canonical_report
from istmo_common.events.outcomes import FindingRaised, LabelStatement, ProgrammeOutcome
from istmo_common.partners import PartnerDirectory, PartnerRecord
from istmo_notify.domain.alerts import Alert, Words
from istmo_notify.domain.filters import Facets
from istmo_notify.domain.programmes import activity_key
from istmo_notify.domain.views import Told
from istmo_notify.domain.world import AlertChanged, Finding, Programme, World

__all__ = [
    "load_alerts",
    "load_findings",
    "load_findings_about",
    "load_partners",
    "load_programmes",
    "load_restricted",
    "newest_partners",
    "save_alerts",
    "save_findings",
    "save_partner",
    "save_programmes",
    "words_from_json",
]

Connection = AsyncConnection[Any]

_PARTNERS: Final = "SELECT data FROM partners ORDER BY id"
_SAVE_PARTNER: Final = """
    INSERT INTO partners (id, data) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET data = excluded.data"""
_REMOVE_PARTNER: Final = "DELETE FROM partners WHERE id = %s"

_PROGRAMMES: Final = """
    SELECT key, version, outcomes FROM programmes
    WHERE key = ANY(%(keys)b) OR handles && (%(handles)b::text[]
        || ARRAY(SELECT unnest(handles) FROM programmes WHERE key = ANY(%(keys)b)))"""
_RESTRICTED: Final = "SELECT key FROM programmes WHERE reporters && %b::text[]"
_ALL_RESTRICTED: Final = "SELECT key FROM programmes WHERE reporters <> '{}'"
_SAVE_PROGRAMME: Final = """
    INSERT INTO programmes (key, version, outcomes, handles, reporters) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, outcomes = excluded.outcomes,
        handles = excluded.handles, reporters = excluded.reporters"""
_FORGET_MEMBERS: Final = "DELETE FROM members WHERE programme = ANY(%b)"
_SAVE_MEMBERS: Final = """
    INSERT INTO members (activity, programme, outcome, label)
    SELECT * FROM unnest(%b::text[], %b::text[], %b::int[], %b::text[]) ON CONFLICT DO NOTHING"""

_FINDINGS: Final = "SELECT key, version, kind, reporter, other, raised FROM findings WHERE key = ANY(%b)"
_FINDINGS_ABOUT: Final = """
    SELECT key, version, kind, reporter, other, raised FROM findings
    WHERE raised IS NOT NULL AND (reporter = ANY(%(organisations)s) OR other = ANY(%(organisations)s))"""
_STANDING_FINDINGS: Final = "SELECT key, version, kind, reporter, other, raised FROM findings WHERE raised IS NOT NULL"
_SAVE_FINDING: Final = """
    INSERT INTO findings (key, version, kind, reporter, other, raised) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, kind = excluded.kind, raised = excluded.raised"""

_ALERTS: Final = "SELECT finding, recipient, id, kind, state, revision, told FROM alerts WHERE finding = ANY(%b)"
_SAVE_ALERT: Final = """
    INSERT INTO alerts (finding, recipient, id, kind, state, revision, told) VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (finding, recipient) DO UPDATE
        SET state = excluded.state, revision = excluded.revision, told = excluded.told, changed = now(),
            raised = CASE WHEN excluded.state = 'raised' THEN now() ELSE alerts.raised END"""


# They are looked at with every batch, and change seldom.
_partner = lru_cache(maxsize=1024)(PartnerRecord.read)


async def load_partners(connection: Connection) -> dict[str, PartnerRecord]:
    """The partners by id."""
    cursor = await connection.execute(_PARTNERS)
    records = [_partner(data) for (data,) in await cursor.fetchall()]
    return {record.id: record for record in records}


async def newest_partners(connection: Connection, directory: PartnerDirectory) -> PartnerDirectory:
    """The partners as `directory` has them or as they were taken in, whichever is newer."""
    taken_in = await load_partners(connection)
    newest = PartnerDirectory()
    for record in (*directory.partners(), *taken_in.values()):
        newest.hold(record)
    return newest


async def save_partner(connection: Connection, partner: str, record: PartnerRecord | None) -> None:
    """Keep a partner as it stands; None forgets it."""
    if record is None:
        await connection.execute(_REMOVE_PARTNER, (partner,))
    else:
        await connection.execute(_SAVE_PARTNER, (partner, record.whole_json()))


async def load_programmes(connection: Connection, world: World, keys: Iterable[str], handles: Iterable[str]) -> None:
    """Bring to hand the programmes of these topic keys, and all that are told under an id of theirs or of `handles`."""
    cursor = await connection.execute(_PROGRAMMES, {"keys": list(keys), "handles": list(handles)})
    for key, version, outcomes in await cursor.fetchall():
        world.hold(key, _programme(version, outcomes))


async def load_restricted(connection: Connection, world: World, organisations: frozenset[str] | None) -> None:
    """Bring to hand the programmes of which some outcome is restricted by a marking of these organisations (None: any).

    Those that share an id with them come too.
    """
    if organisations is None:
        cursor = await connection.execute(_ALL_RESTRICTED)
    else:
        cursor = await connection.execute(_RESTRICTED, (sorted(organisations),))
    await load_programmes(connection, world, [key for key, *_ in await cursor.fetchall()], ())


async def save_programmes(
    connection: Connection, programmes: Iterable[tuple[str, int, Sequence[ProgrammeOutcome]]]
) -> None:
    """Keep programmes, each as topic key, version and outcomes."""
    rows: list[tuple[Any, ...]] = []
    members: list[tuple[Any, ...]] = []
    for key, version, outcomes in programmes:
        stated = canonical_report([outcome.whole() for outcome in outcomes]).decode()
        handles = sorted({outcome.id for outcome in outcomes})
        reporters = sorted({m.reporter for outcome in outcomes for m in outcome.label.label().markings})
        rows.append((key, version, stated, handles, reporters))
        members += [
            (activity_key(member), key, place, _label_text(outcome.label))
            for place, outcome in enumerate(outcomes)
            for member in outcome.members
        ]
    async with connection.cursor() as cursor:
        await cursor.executemany(_SAVE_PROGRAMME, rows)
        await cursor.execute(_FORGET_MEMBERS, ([key for key, *_ in rows],))
        await cursor.execute(_SAVE_MEMBERS, [[member[place] for member in members] for place in range(4)])


async def load_findings(connection: Connection, world: World, keys: Iterable[str]) -> None:
    """Bring to hand these findings and their alerts."""
    await _hold_findings(connection, world, _FINDINGS, (list(keys),))


async def load_findings_about(connection: Connection, world: World, organisations: frozenset[str] | None) -> None:
    """Bring to hand the standing findings that concern these organisations (None: all), and their alerts."""
    if organisations is None:
        await _hold_findings(connection, world, _STANDING_FINDINGS, ())
    else:
        await _hold_findings(connection, world, _FINDINGS_ABOUT, {"organisations": sorted(organisations)})


async def save_findings(connection: Connection, findings: Iterable[tuple[str, Finding]]) -> None:
    """Keep findings at their new versions."""
    rows = [
        (key, f.version, f.kind, f.reporter, f.other, None if f.raised is None else f.raised.whole_json())
        for key, f in findings
    ]
    async with connection.cursor() as cursor:
        await cursor.executemany(_SAVE_FINDING, rows)


async def load_alerts(connection: Connection, world: World, findings: Iterable[str]) -> None:
    """Bring to hand the alerts of these findings."""
    cursor = await connection.execute(_ALERTS, (list(findings),))
    for finding, recipient, name, kind, state, revision, told in await cursor.fetchall():
        alert = Alert(name, kind, state, revision, words_from_json(told))
        world.alerts.setdefault(finding, {})[recipient] = alert


async def save_alerts(connection: Connection, changed: Iterable[AlertChanged]) -> None:
    """Keep alerts as they now stand."""
    rows = [
        (c.finding, c.recipient, a.id, a.kind, a.state, a.revision, _words_to_json(a.told))
        for c in changed
        for a in (c.alert,)
    ]
    async with connection.cursor() as cursor:
        await cursor.executemany(_SAVE_ALERT, rows)


async def _hold_findings(connection: Connection, world: World, query: str, values: Any) -> None:
    cursor = await connection.execute(query, values)
    for key, version, kind, reporter, other, raised in await cursor.fetchall():
        standing = None if raised is None else FindingRaised.read(raised)
        world.findings[key] = Finding(version, kind, reporter, other, standing)
    await load_alerts(connection, world, list(world.findings))


def _programme(version: int, outcomes: str) -> Programme:
    return Programme.of(
        version, (ProgrammeOutcome.model_validate(stated, extra="allow") for stated in json.loads(outcomes))
    )


def _label_text(label: LabelStatement) -> str:
    return canonical_report(label.model_dump(mode="json")).decode()


def _words_to_json(words: Words) -> str:
    return canonical_report(
        {
            language: {
                "data": told.data.decode(),
                "facets": told.facets.to_json(),
                "mentions": sorted(told.mentions),
            }
            for language, told in words.items()
        }
    ).decode()


def words_from_json(text: str) -> Words:
    """An alert in each language, as it is kept."""
    return {
        language: Told(stated["data"].encode(), Facets.from_json(stated["facets"]), frozenset(stated["mentions"]))
        for language, stated in json.loads(text).items()
    }
