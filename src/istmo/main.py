"""The `istmo` command."""

import typer

from istmo import backup, dead_letters, demo, exporting, following, importing, partner, registry, stack

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold keys
    help="One shared picture of who does what, where, with whose money, for citizen security in Central America.",
)
stack.register(app)
importing.register(app)
exporting.register(app)
following.register(app)
backup.register(app)
demo.register(app)
app.add_typer(partner.app, name="partner")
app.add_typer(dead_letters.app, name="dlq")
app.add_typer(registry.app, name="registry")
