"""`istmo dlq`: records of the log that break the contract, listed, sent back, put away."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from istmo.options import DATA, DataOption, fail, running_stack, say, show, tell
from istmo_stack.admin import AdminClient
from istmo_stack.errors import CallFailed

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Dead letters: records of the log that break the contract.")

_NOT_ALL = 1
_Places = Annotated[
    list[str] | None, typer.Argument(help="Places, as `istmo dlq list` shows them: topic/partition/offset.")
]
_Topic = Annotated[str | None, typer.Option(help="Those of a topic.")]
_Reason = Annotated[str | None, typer.Option(help="Those whose reason contains this.")]
_Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
_All = Annotated[bool, typer.Option("--everything", help="All of them.")]


@app.command(name="list")
def list_(
    topic: _Topic = None,
    reason: _Reason = None,
    settled: Annotated[bool, typer.Option("--settled", help="Those too that were replayed or purged.")] = False,
    as_json: _Json = False,
    data: DataOption = DATA,
) -> None:
    """List dead letters, the oldest first, and what stages have put aside."""
    params = {"topic": topic, "reason": reason, "settled": str(settled).lower(), "limit": "1000"}
    found = _ask(data, "GET", "", params={name: value for name, value in params.items() if value is not None})
    parked = _parked(data)
    if as_json:
        say(json.dumps(found | {"parked": parked}), markup=False)
        return
    table = Table("place", "written", "event", "key", "reason", "", box=None)
    for each in found["letters"]:
        done = "" if each["outcome"] is None else f"{each['outcome']} {each['settled']}"
        table.add_row(each["place"], each["written"], each["event"] or "", each["key"] or "", each["reason"], done)
    if found["letters"]:
        show(table)
    else:
        tell("No dead letters.")
    if found["total"] > len(found["letters"]):
        tell(f"{found['total']} in all; the oldest {len(found['letters'])} are shown.")
    for each in parked:
        tell(f"put aside since {each['since']}: {each['what']}: {each['error']}", style="yellow", markup=False)


@app.command()
def replay(
    places: _Places = None,
    topic: _Topic = None,
    reason: _Reason = None,
    everything: _All = False,
    again: Annotated[bool, typer.Option("--again", help="Those too that were replayed or purged before.")] = False,
    as_json: _Json = False,
    data: DataOption = DATA,
) -> None:
    """Send originals back to their topics, with their own keys and headers; exits 1 where one was not sent."""
    form = _form(places, topic, reason, everything) | {"again": again}
    done = _ask(data, "POST", "/replay", json=form)
    if as_json:
        say(json.dumps(done), markup=False)
    else:
        for place in done["sent"]:
            say(f"{place} sent back", markup=False)
        for each in done["settled_before"]:
            say(
                f"{each['place']} was {each['outcome']} already, {each['settled']}: --again does it again", markup=False
            )
        for place in done["failed"]:
            tell(f"{place} was not taken by the log", style="red", markup=False)
    if done["failed"]:
        raise typer.Exit(_NOT_ALL)


@app.command()
def purge(
    places: _Places = None,
    topic: _Topic = None,
    reason: _Reason = None,
    everything: _All = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: DataOption = DATA,
) -> None:
    """Put dead letters away: they are listed no more, and the log lets go of them 30 days after they were written."""
    form = _form(places, topic, reason, everything)
    if not yes and not typer.confirm("Put these dead letters away?"):
        fail("Nothing was put away.")
    for place in _ask(data, "POST", "/purge", json=form)["purged"]:
        say(f"{place} put away", markup=False)


def _form(places: list[str] | None, topic: str | None, reason: str | None, everything: bool) -> dict[str, Any]:
    if not (places or topic or reason or everything):
        fail("Say which: places, --topic, --reason or --everything.", code=2)
    return {"places": places or None, "topic": topic, "reason": reason, "everything": everything}


def _ask(data: Path, method: str, tail: str, **arguments: Any) -> dict[str, Any]:
    folder, addresses = running_stack(data)
    try:
        return AdminClient(folder.admin_key_file).dead_letters(addresses.registry, method, tail, **arguments)
    except CallFailed as error:
        fail(f"The registry does not do it: {error}")


def _parked(data: Path) -> list[dict[str, Any]]:
    folder, addresses = running_stack(data)
    try:
        return list(AdminClient(folder.admin_key_file).progress(addresses.registry)["parked"])
    except CallFailed as error:
        fail(f"The registry does not say what is put aside: {error}")
