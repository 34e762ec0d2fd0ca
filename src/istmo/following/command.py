"""The command: asks both services, and prints the way as a tree."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from istmo.following.way import Step, way_of
from istmo.options import DATA, DataOption, fail, running_stack, say, show, tell
from istmo_stack.admin import AdminClient
from istmo_stack.errors import CallFailed
from istmo_stack.folder import Addresses

__all__ = ["trace"]

_UNKNOWN = 1
_SEVERAL = 2
_NOTHING: Mapping[str, Any] = {"stages": [], "told": [], "undelivered": []}


def trace(
    report: Annotated[str, typer.Argument(help="The id of the report's event, as its partner gave it.")],
    partner: Annotated[str | None, typer.Option(help="The partner that sent it.")] = None,
    source: Annotated[str | None, typer.Option(help="The source that its event names.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")] = False,
    data: DataOption = DATA,
) -> None:
    """Print the way of a report through the platform: every step, with what it waited for and how long.

    Exits 1 where the report is not known, 2 where several reports have this id (they are listed).
    """
    folder, addresses = running_stack(data)
    admin = AdminClient(folder.admin_key_file)
    try:
        found = admin.reports(addresses.registry, report, partner, source)
        if not found["reports"]:
            fail(_unknown(admin, addresses, report), code=_UNKNOWN)
        if found["way"] is None:
            _list(found["reports"])
        way = found["way"]
        traces = sorted({each["trace"] for each in (*way["arrivals"], *way["stages"])})[:50]
        told = admin.stages(addresses.notify, traces) if traces else _NOTHING
    except CallFailed as error:
        fail(f"A service does not tell the way: {error}")
    steps = way_of(way, told)
    if as_json:
        say(json.dumps(_json(found["reports"][0], way, told, steps)), markup=False)
    else:
        _print(found["reports"][0], way, told, steps)


def _unknown(admin: AdminClient, addresses: Addresses, report: str) -> str:
    """Where a report may be that fold has not seen."""
    progress = admin.progress(addresses.registry)
    lag = sum(each.get("lag") or 0 for each in progress["partitions"])
    where = [f"No report with the id {report!r} has reached the registry's tables."]
    dead = admin.dead_letters(addresses.registry, "GET", "", params={"event": report, "settled": "true"})["letters"]
    where += [f"A dead letter has it: {each['place']}, {each['written']}: {each['reason']}" for each in dead]
    if lag:
        where.append(f"{lag} records of the log are not folded yet; it may be among them.")
    where.append("It may never have been acknowledged: then its partner sends it again with the same id.")
    return "\n".join(where)


def _list(reports: list[dict[str, str]]) -> None:
    tell("Several reports have this id; name one with --partner and --source:")
    for each in reports:
        say(f"--partner {each['partner']} --source {each['source']}", markup=False)
    raise typer.Exit(_SEVERAL)


def _json(
    report: Mapping[str, str], way: Mapping[str, Any], told: Mapping[str, Any], steps: list[Step]
) -> dict[str, Any]:
    return {
        **report,
        "contents": way["contents"],
        "steps": [step.to_json() for step in steps],
        "waiting": way["waiting"],
        "undelivered": told["undelivered"],
        "parked": way["parked"],
    }


def _print(report: Mapping[str, str], way: Mapping[str, Any], told: Mapping[str, Any], steps: list[Step]) -> None:
    say(f"{report['event']} from {report['partner']}, source {report['source']}", markup=False)
    for each in way["contents"]:
        stands = "" if each["stands"] else ", does not stand: another content came under the id"
        say(f"  {each['type']} of {each['reporter']} {each['activity']}{stands}", markup=False)
        say(f"  activity {each['handle']} is {each['state']}, programme {each['programme'] or 'none'}", markup=False)
    if not steps:
        say("  Nothing is kept of its way: it went longer ago than stage records are kept, or before there were any.")
    for step in steps:
        tree = Tree(f"{_clock(step.since or step.began)} [bold]ingest accepted[/bold]")
        _grow(tree, step)
        show(tree)
    _say_waiting(way, told)


def _grow(tree: Tree, step: Step) -> None:
    waited = f"waited {_duration(step.waited_seconds)} {step.wait}, " if step.wait else ""
    took = f"took {_duration(step.took_seconds)}" if step.wait else ""
    line = f"{_clock(step.began)} [bold]{step.service} {step.stage}[/bold] {waited}{took}: {escape(step.outcome)}"
    branch = tree.add(f"{line} [dim]{escape(step.subject or '')}[/dim]".replace(" : ", ": "))
    for child in step.children:
        _grow(branch, child)


def _say_waiting(way: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    now = datetime.now(UTC)
    for each in way["waiting"]:
        age = (now - datetime.fromisoformat(each["since"])).total_seconds()
        say(f"still waits for {each['stage']}, since {_duration(age)}", style="yellow", markup=False)
    for each in told["undelivered"]:
        how = (
            f"paused ({each['paused']})" if each["paused"] else f"after {each['failures']} failures, due {each['due']}"
        )
        reason = f": {each['last_reason']}" if each["last_reason"] else ""
        say(f"not delivered yet to {each['item']}, {how}{reason}", style="yellow", markup=False)
    for each in way["parked"]:
        say(f"put aside by {each['stage']} at {each['since']}: {each['error']}", style="red", markup=False)


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
