"""What notify knows, and what each reader hears when a piece of it changes.

A world holds as much of the whole as an event touches. Of each key the highest version stands, whatever came first or
came again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from istmo_common.catalogue import LANGUAGES, Language
from istmo_common.disclosure import PUBLIC, Marked, Reader
from istmo_common.events.outcomes import FindingKind, FindingRaised, ProgrammeOutcome
from istmo_notify.domain import alerts
from istmo_notify.domain.alerts import Alert, Words
from istmo_notify.domain.programmes import Outcome, Picture, changes, outcomes_of, picture
from istmo_notify.domain.views import Change

__all__ = ["AlertChanged", "Directory", "Finding", "Heard", "Programme", "World"]


class Directory(Protocol):
    """Who the partners are, as far as it decides who is told what."""

    def reader(self, partner_id: str) -> Reader:
        """The partner as a reader. Raises KeyError for one that is not known."""

    def recipients_for(self, organisation: str) -> Iterable[str]:
        """The partners that are told what concerns an organisation."""


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme at its highest version; without outcomes once it was absorbed.

    `ids`: the handles under which it is told to anyone. They tell what belongs together, and are shown to nobody.
    """

    version: int
    outcomes: tuple[Marked[Outcome], ...] = ()
    ids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, version: int, statements: Iterable[ProgrammeOutcome]) -> Self:
        """The programme that an event states."""
        statements = tuple(statements)
        return cls(version, outcomes_of(statements), frozenset(statement.id for statement in statements))


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding at its highest version; `raised` is None once it was cleared."""

    version: int
    kind: FindingKind
    reporter: str
    other: str | None = None
    raised: FindingRaised | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A change as `reader` (None: the public) hears it in one language."""

    reader: str | None
    language: Language
    change: Change


@dataclass(frozen=True, slots=True)
class AlertChanged:
    """An alert as it now stands, to be published."""

    finding: str
    recipient: str
    alert: Alert


@dataclass(slots=True)
class World:
    """The pieces at hand. `audience`: the readers that have views (None: the public)."""

    directory: Directory
    audience: Sequence[str | None] = (None,)
    programmes: dict[str, Programme] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    alerts: dict[str, dict[str, Alert]] = field(default_factory=dict)
    """By finding and recipient."""
    _holders: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)

    def hold(self, key: str, programme: Programme) -> None:
        """Have a programme at hand as it stands."""
        for handle in self.programmes[key].ids if key in self.programmes else ():
            self._holders[handle].discard(key)
        for handle in programme.ids:
            self._holders[handle].add(key)
        self.programmes[key] = programme

    def is_newer(self, key: str, programme: Programme) -> bool:
        """Whether a programme stands higher than the one at hand."""
        return key not in self.programmes or self.programmes[key].version < programme.version

    def is_news(self, key: str, finding: Finding) -> bool:
        """Whether a finding stands higher than the one at hand."""
        return key not in self.findings or self.findings[key].version < finding.version

    def apply_programme(self, key: str, programme: Programme) -> list[Heard]:
        """Take in a programme; what each reader hears. All programmes that share an id with it must be at hand."""
        if not self.is_newer(key, programme):
            return []
        stored = self.programmes.get(key)
        ids = programme.ids if stored is None else programme.ids | stored.ids
        before = {reader: self._picture(ids, self.directory, reader) for reader in self.audience}
        self.hold(key, programme)
        heard: list[Heard] = []
        for reader in self.audience:
            heard += _heard(reader, before[reader], self._picture(ids, self.directory, reader))
        return heard

    def apply_finding(self, key: str, finding: Finding) -> tuple[list[AlertChanged], list[Heard]]:
        """Take in a finding; the alerts that changed, and what each reader hears. Its alerts must be at hand."""
        if not self.is_news(key, finding):
            return [], []
        self.findings[key] = finding
        return self._settle(key, finding)

    def apply_directory(self, directory: Directory) -> tuple[list[AlertChanged], list[Heard]]:
        """Take in a changed directory, for the findings and restricted programmes at hand."""
        ids = frozenset(handle for programme in self.programmes.values() for handle in programme.ids)
        heard: list[Heard] = []
        for reader in self.audience:
            if reader is not None:
                before = self._picture(ids, self.directory, reader)
                heard += _heard(reader, before, self._picture(ids, directory, reader))
        self.directory = directory
        changed: list[AlertChanged] = []
        for key in sorted(self.findings):
            more_changed, more_heard = self._settle(key, self.findings[key])
            changed += more_changed
            heard += more_heard
        return changed, heard

    def _picture(self, ids: frozenset[str], directory: Directory, reader: str | None) -> Picture:
        keys = {key for handle in ids for key in self._holders[handle]}
        seen = picture((self.programmes[key].outcomes for key in keys), _eyes(directory, reader))
        return {handle: outcome for handle, outcome in seen.items() if handle in ids}

    def _settle(self, key: str, finding: Finding) -> tuple[list[AlertChanged], list[Heard]]:
        """Bring the alerts of a finding to what finding and directory ask for."""
        wanted = self._wanted(finding)
        known = self.alerts.setdefault(key, {})
        changed: list[AlertChanged] = []
        heard: list[Heard] = []
        for recipient in sorted(known.keys() | wanted.keys()):
            previous = known.get(recipient)
            current = alerts.succeed(previous, key, recipient, finding.kind, wanted.get(recipient))
            if current is None or current is previous:
                continue
            known[recipient] = current
            changed.append(AlertChanged(key, recipient, current))
            heard += (Heard(recipient, lang, alerts.change(previous, current, lang)) for lang in LANGUAGES)
        return changed, heard

    def _wanted(self, finding: Finding) -> Mapping[str, Words]:
        wanted: dict[str, Words] = {}
        if finding.raised is None:
            return wanted
        for organisation in alerts.concerned(finding.raised):
            for recipient in self.directory.recipients_for(organisation):
                words = alerts.compose(finding.raised, self.directory.reader(recipient), recipient)
                if words is not None:
                    wanted[recipient] = words
        return wanted


def _eyes(directory: Directory, reader: str | None) -> Reader:
    """Whose eyes a list has. A partner may subscribe before its record comes: until then they are the public's."""
    try:
        return PUBLIC if reader is None else directory.reader(reader)
    except KeyError:
        return PUBLIC


def _heard(reader: str | None, before: Picture, after: Picture) -> list[Heard]:
    return [Heard(reader, language, change) for language in LANGUAGES for change in changes(before, after, language)]
