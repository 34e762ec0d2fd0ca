"""What changed between two versions of the contract, each change by the rule that it falls under.

Two readers are asked about every change. Reports stay in the log for ever, so whatever kept the old schema must be
read by the program of the new one. While a new version is rolled out an old program reads beside it, so whatever keeps
the new schema must be read by the program of the old one, which passes over names that it does not know.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

__all__ = ["REMEDIES", "Change", "Rule", "Schemas", "changes"]

Schema = Mapping[str, Any]
Schemas = Mapping[str, Schema]
"""Schemas by name: an event type, or `envelope`."""


class Rule(StrEnum):
    """The rules that an incompatible change breaks."""

    TYPE_REMOVED = "type-removed"
    PROPERTY_REMOVED = "property-removed"
    PROPERTY_REQUIRED = "property-required"
    PROPERTY_NOT_REQUIRED = "property-not-required"
    ADDED_WITH_DEFAULT = "added-with-default"
    MARKING_WIDENED = "marking-widened"
    NARROWED = "narrowed"
    WIDENED = "widened"
    DEFAULT_CHANGED = "default-changed"
    KEYWORD_CHANGED = "keyword-changed"


_NEW_NAME: Final = "leave it as it was, and state the new meaning under a new name or in a new event type"

REMEDIES: Final[Mapping[Rule, str]] = MappingProxyType(
    {
        Rule.TYPE_REMOVED: "keep the payload: events of this type are in the log for ever",
        Rule.PROPERTY_REMOVED: "keep it, optional as it was or required; to rename it, add the new name beside it",
        Rule.PROPERTY_REQUIRED: "make it optional: events without it are in the log for ever",
        Rule.PROPERTY_NOT_REQUIRED: "keep it required: a program of the old version cannot read an event without it",
        Rule.ADDED_WITH_DEFAULT: "give it the default null: identities are digests over all that is not null",
        Rule.MARKING_WIDENED: "a program of the old version would disclose what this restricts: make a new event type",
        Rule.NARROWED: f"events in the log keep the old limits; {_NEW_NAME}",
        Rule.WIDENED: (
            "a program of the old version refuses what this allows; if every reader is upgraded before the first "
            "writer, say so in contracts/accepted.toml"
        ),
        Rule.DEFAULT_CHANGED: f"events in the log that leave it out would change their meaning; {_NEW_NAME}",
        Rule.KEYWORD_CHANGED: f"no rule says that this is compatible; {_NEW_NAME}",
    }
)
"""What to do instead, by rule."""

_LOWER: Final = frozenset({"minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties"})
_UPPER: Final = frozenset({"maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties"})
_FORMS: Final = frozenset({"type", "pattern", "format", "uniqueItems", "multipleOf"})
_WORDS: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "examples", "x-codelist"})
_WALKED: Final = frozenset(
    {"$ref", "properties", "required", "items", "anyOf", "oneOf", "enum", "const", "default"} | _LOWER | _UPPER | _FORMS
)
_NEVER_WIDENED: Final = frozenset({"MarkingStatement", "MarkingOf", "LabelStatement"})
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """An incompatible change: `place` is a schema's name and the JSON Pointer of what changed in an event's data."""

    place: str
    rule: Rule
    detail: str

    @property
    def name(self) -> str:
        """How `contracts/accepted.toml` names it."""
        return f"{self.place} {self.rule}"


def changes(old: Schemas, new: Schemas) -> list[Change]:
    """Every incompatible change from `old` to `new`, in order. A new event type is none: what cannot read it waits."""
    found: set[Change] = set()
    for name, schema in old.items():
        if name not in new:
            found.add(Change(name, Rule.TYPE_REMOVED, "the event type is gone"))
        else:
            found.update(_Comparison(name, schema, new[name]).changes())
    return sorted(found)


class _Comparison:
    """The comparison of two schemas of one name. References are followed once for each pair that meets."""

    def __init__(self, name: str, old: Schema, new: Schema) -> None:
        self._name, self._old, self._new = name, old, new
        self._met: set[tuple[str, str]] = set()

    def changes(self) -> Iterator[Change]:
        old, new = self._old, self._new
        if self._name == "envelope":
            # Its list of event types and what belongs to each follow the payloads, which are compared one by one.
            old, new = _without_types(old), _without_types(new)
        return self._schemas("", old, new)

    def _schemas(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if all(pair):
            if pair in self._met:
                return
            self._met.add(pair)
        closed = pair[0].rpartition("/")[2] in _NEVER_WIDENED
        yield from self._defaults(place, old, new)
        stated, restated = old, new
        old, new = self._resolved(self._old, old), self._resolved(self._new, new)
        if _branches(old) or _branches(new):
            yield from self._alternatives(place, _branches(old) or [stated], _branches(new) or [restated])
            return
        yield from self._values(place, old, new)
        yield from self._limits(place, old, new)
        yield from self._properties(place, old, new, closed=closed)
        if "items" in old and "items" in new:
            yield from self._schemas(f"{place}/*", old["items"], new["items"])
        for keyword in sorted((old.keys() | new.keys()) - _WORDS - _WALKED):
            if old.get(keyword, _ABSENT) != new.get(keyword, _ABSENT):
                yield self._change(place, Rule.KEYWORD_CHANGED, keyword)

    def _defaults(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = old.get("default", _ABSENT), new.get("default", _ABSENT)
        if before is not _ABSENT and after is not _ABSENT and before != after:
            yield self._change(place, Rule.DEFAULT_CHANGED, f"{before!r} became {after!r}")

    def _alternatives(self, place: str, old: Sequence[Schema], new: Sequence[Schema]) -> Iterator[Change]:
        """Alternatives that are alike are compared, whatever their order; the others have come or gone."""
        before, after = _by_kind(old), _by_kind(new)
        for kind in before.keys() & after.keys():
            yield from self._schemas(place, before[kind], after[kind])
        gone, come = before.keys() - after.keys(), after.keys() - before.keys()
        if len(gone) == len(come) == 1:
            yield from self._schemas(place, before[gone.pop()], after[come.pop()])
            return
        yield from (self._change(place, Rule.NARROWED, f"no longer {kind}") for kind in gone)
        yield from (self._change(place, Rule.WIDENED, f"also {kind}") for kind in come)

    def _values(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = _values(old), _values(new)
        if before is None and after is None:
            return
        if after is None:
            yield self._change(place, Rule.WIDENED, "any value instead of a list")
        elif before is None:
            yield self._change(place, Rule.NARROWED, "a list of values instead of any")
        else:
            for value in before:
                if value not in after:
                    yield self._change(f"{place}={value}", Rule.NARROWED, "the value is gone")
            # A codelist binds ingest alone: no reader refuses a code that it does not know.
            for value in () if "x-codelist" in new else after:
                if value not in before:
                    yield self._change(f"{place}={value}", Rule.WIDENED, "the value is new")

    def _limits(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        for keyword in sorted((_LOWER | _UPPER | _FORMS) & (old.keys() | new.keys())):
            before, after = old.get(keyword, _ABSENT), new.get(keyword, _ABSENT)
            # A list of values says their type, whether or not it is stated besides.
            if before == after or (keyword == "type" and _ABSENT in (before, after) and _values(old) and _values(new)):
                continue
            shown = " became ".join("none" if value is _ABSENT else str(value) for value in (before, after))
            if before is _ABSENT or (after is not _ABSENT and _is_narrower(keyword, before, after)):
                yield self._change(place, Rule.NARROWED, f"{keyword} {shown}")
            else:
                yield self._change(place, Rule.WIDENED, f"{keyword} {shown}")

    def _properties(self, place: str, old: Schema, new: Schema, *, closed: bool) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, now_needed = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            at = f"{place}/{name}"
            if name not in after:
                yield self._change(at, Rule.PROPERTY_REMOVED, "the property is gone")
                continue
            if name in needed - now_needed:
                yield self._change(at, Rule.PROPERTY_NOT_REQUIRED, "it was required")
            yield from self._schemas(at, before[name], after[name])
        for name in after.keys() - before.keys():
            if after[name].get("default") is not None:
                yield self._change(f"{place}/{name}", Rule.ADDED_WITH_DEFAULT, "it is stated where nobody stated it")
        for name in sorted(now_needed - needed):
            yield self._change(f"{place}/{name}", Rule.PROPERTY_REQUIRED, "it is required now")
        if closed:
            for name in after.keys() - before.keys():
                yield self._change(f"{place}/{name}", Rule.MARKING_WIDENED, "a marking says more than before")

    def _change(self, place: str, rule: Rule, detail: str) -> Change:
        return Change(f"{self._name}{place}", rule, detail)

    @staticmethod
    def _resolved(root: Schema, schema: Schema) -> Schema:
        reference = schema.get("$ref")
        if reference is None or not reference.startswith("#/"):
            return schema
        found: Any = root
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return dict(found) | {name: value for name, value in schema.items() if name not in ("$ref", *_WORDS)}


def _is_narrower(keyword: str, before: Any, after: Any) -> bool:
    if keyword in _LOWER:
        return bool(after > before)
    if keyword in _UPPER:
        return bool(after < before)
    return True


def _without_types(envelope: Schema) -> Schema:
    properties = {name: schema for name, schema in envelope["properties"].items() if name != "type"}
    return {name: value for name, value in envelope.items() if name != "allOf"} | {"properties": properties}


def _branches(schema: Schema) -> list[Schema]:
    return list(schema.get("anyOf", schema.get("oneOf", ())))


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _by_kind(schemas: Iterable[Schema]) -> dict[str, Schema]:
    return {str(schema.get("$ref") or schema.get("type") or _values(schema)): schema for schema in schemas}
