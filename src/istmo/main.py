"""The `istmo` command."""

import typer

from istmo.lazy import lazy_group

__all__ = ["app"]

_COMMANDS = (
    (
        "up",
        "istmo.stack:up",
        "Start the platform on this machine, and stop it with Ctrl-C (or, detached, with `istmo down`).",
    ),
    ("down", "istmo.stack:down", "Stop the platform that runs in a folder; what it stored stays."),
    ("status", "istmo.status:status", "Say where the platform is reached and how its parts are."),
    (
        "import",
        "istmo.importing.command:import_file",
        "Report every activity of an IATI file, with its transactions; or take an import back with --withdraw.",
    ),
    (
        "export",
        "istmo.exporting:export",
        "Write every programme, pair, entry and finding to standard output, one JSON text a line, in one order.",
    ),
    (
        "trace",
        "istmo.following.command:trace",
        "Print the way of a report through the platform: every step, with what it waited for and how long.",
    ),
    ("backup", "istmo.backup:backup", "Write Kafka's log, PostgreSQL's tables and the secrets to one file."),
    ("restore", "istmo.backup:restore", "Put a backup into a data folder, and leave the stack stopped."),
    (
        "demo",
        "istmo.demo.command:demo",
        "Load ten sample partners and their reports, and show every alert as it arrives.",
    ),
    (
        "organisations",
        "istmo.organisations.command:app",
        "The directory of organisations, and whom reports mean by those that they name.",
    ),
    ("partner", "istmo.partner:app", "The partners: who may report, and for whom."),
    ("dlq", "istmo.dead_letters:app", "Dead letters: records of the log that break the contract."),
    ("registry", "istmo.registry:app", "The registry's tables."),
)

app = typer.Typer(
    cls=lazy_group(*_COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold keys
    help="One shared picture of who does what, where, with whose money, for citizen security in Central America.",
)


@app.callback()
def istmo() -> None:
    """Make it a group, though no command is registered here: each is imported once it is used."""
