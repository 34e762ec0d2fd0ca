"""`istmo organisations`: the directory, whom reports mean by what they name, and merges."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from istmo.importing.keys import NoKey, find_key
from istmo.options import DATA, DataOption, fail, running_stack, say, show, spoken_language, tell
from istmo.organisations.client import RegistryClient
from istmo.organisations.tables import merges_table, record_table, records_table, references_table, told_counts
from istmo_common.catalogue import text
from istmo_common.codelists import PARTNER_KINDS
from istmo_stack.errors import CallFailed

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="The directory of organisations, and whom reports mean by those that they name."
)

_Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
_Language = Annotated[str | None, typer.Option(help="es or en; the terminal's unless given.")]
_As = Annotated[str | None, typer.Option("--as", help="The partner that asks; the desk unless another is named.")]
_Kind = Annotated[str | None, typer.Option(help=f"One of {', '.join(PARTNER_KINDS)}.")]
_Reason = Annotated[str | None, typer.Option(help="Why; --marking says who may read it.")]
_Marking = Annotated[str | None, typer.Option(help="Of the reason: CLEAR for anyone, another for stewards alone.")]

_RECORDS = "/v1/organisations"
_REFERENCES = "/v1/organisation-references"
_MERGES = "/v1/organisation-merges"

T = TypeVar("T")


@app.command(name="list")
def list_(
    kind: _Kind = None,
    language: _Language = None,
    as_partner: _As = None,
    as_json: _Json = False,
    data: DataOption = DATA,
) -> None:
    """List the organisations of the directory, by id."""
    found = _list(data, as_partner, _RECORDS, "organisations", kind=kind)
    _show_records(found, spoken_language(language), as_json)


@app.command()
def search(
    words: Annotated[str, typer.Argument(help="A piece of an id, a name, an alias or an identifier.")],
    kind: _Kind = None,
    language: _Language = None,
    as_partner: _As = None,
    as_json: _Json = False,
    data: DataOption = DATA,
) -> None:
    """Find organisations by what they are called; case and accents do not matter."""
    _show_records(
        _list(data, as_partner, _RECORDS, "organisations", q=words, kind=kind), spoken_language(language), as_json
    )


@app.command(name="show")
def show_one(
    organisation: Annotated[str, typer.Argument(help="The id of an organisation.")],
    language: _Language = None,
    as_partner: _As = None,
    as_json: _Json = False,
    data: DataOption = DATA,
) -> None:
    """Show an organisation, and the references in reports that mean it."""
    record = _asked(data, as_partner, lambda registry: registry.get(f"{_RECORDS}/{organisation}"))
    found = _list(data, as_partner, _REFERENCES, "references", organisation=organisation)
    if as_json:
        say(json.dumps(record | {"references": found}), markup=False)
        return
    spoken = spoken_language(language)
    show(record_table(record, spoken))
    if found:
        show(references_table(found, spoken))


@app.command()
def references(
    outcome: Annotated[
        str, typer.Option(help="unresolved (ambiguous or unknown), resolved, ambiguous, unknown or unnamed.")
    ] = "unresolved",
    words: Annotated[str | None, typer.Option("--search", help="In the identifier or a name.")] = None,
    language: _Language = None,
    as_partner: _As = None,
    as_json: _Json = False,
    data: DataOption = DATA,
) -> None:
    """List the organisations that reports name: how often, in which activities, whom each means and what shows it."""
    found = _list(data, as_partner, _REFERENCES, "references", outcome=outcome, q=words)
    counts = _asked(data, as_partner, lambda registry: registry.get(_REFERENCES, limit="1"))["counts"]
    if as_json:
        say(json.dumps({"references": found, "counts": counts}), markup=False)
        return
    spoken = spoken_language(language)
    if found:
        show(references_table(found, spoken))
    else:
        tell(text("organisations.no-references", spoken))
    for line in told_counts(counts, spoken):
        tell(line, markup=False)


@app.command()
def merges(language: _Language = None, as_partner: _As = None, as_json: _Json = False, data: DataOption = DATA) -> None:
    """List the merges of organisations, those that were undone too."""
    found = _list(data, as_partner, _MERGES, "merges")
    if as_json:
        say(json.dumps(found), markup=False)
        return
    spoken = spoken_language(language)
    if found:
        show(merges_table(found, spoken))
    else:
        tell(text("organisations.no-merges", spoken))


@app.command()
def merge(
    kept: Annotated[str, typer.Argument(help="The id of the record that stands.")],
    merged: Annotated[str, typer.Argument(help="The id of the record that is the same organisation.")],
    reason: _Reason = None,
    marking: _Marking = None,
    as_partner: _As = None,
    data: DataOption = DATA,
) -> None:
    """Make two organisations one, and print the id by which that is undone."""
    form = {"kept": kept, "merged": merged, **_why(reason, marking)}
    say(_asked(data, as_partner, lambda registry: registry.post(_MERGES, form))["id"], markup=False)


@app.command()
def undo(
    merge_id: Annotated[str, typer.Argument(metavar="MERGE", help="The id of a merge.")],
    reason: _Reason = None,
    marking: _Marking = None,
    as_partner: _As = None,
    data: DataOption = DATA,
) -> None:
    """Undo a merge: all is as if it had never been made."""
    form = _why(reason, marking)
    say(
        _asked(data, as_partner, lambda registry: registry.post(f"{_MERGES}/{merge_id}/undo", form))["id"], markup=False
    )


def _show_records(found: list[dict[str, Any]], language: str, as_json: bool) -> None:
    if as_json:
        say(json.dumps(found), markup=False)
    elif found:
        show(records_table(found, language))
    else:
        tell(text("organisations.none", language))


def _why(reason: str | None, marking: str | None) -> dict[str, Any]:
    return {"reason": reason, "marking": None if marking is None else {"tlp": marking}}


def _list(data: Path, partner: str | None, path: str, name: str, **query: str | None) -> list[dict[str, Any]]:
    return _asked(data, partner, lambda registry: registry.all_of(path, name, **query))


def _asked(data: Path, partner: str | None, ask: Callable[[RegistryClient], T]) -> T:
    folder, addresses = running_stack(data)
    try:
        return ask(RegistryClient(addresses.registry, find_key(folder.root, partner, None)))
    except (NoKey, CallFailed) as error:
        fail(str(error))
