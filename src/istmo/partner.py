"""`istmo partner`: who may report, and for whom."""

from typing import Annotated

import typer
from typer.core import TyperCommand

from istmo.options import DATA, DataOption, fail, running_stack, say, tell
from istmo_common.codelists import PARTNER_KINDS
from istmo_stack.admin import UNCLAIMED, AdminClient, NewPartner
from istmo_stack.errors import CallFailed

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The partners: who may report, and for whom.")

_LISTS = ("--owns", "--custodian-of")


class ListsOfIdentifiers(TyperCommand):
    """Takes several identifiers behind one `--owns` or `--custodian-of`, as well as the option several times."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override] # click's Context
        """Repeat the option before each of its values."""
        repeated: list[str] = []
        option = None
        for word in args:
            if word.startswith("-"):
                option = word if word in _LISTS else None
                repeated += [] if option else [word]
            else:
                repeated += [option, word] if option else [word]
        return super().parse_args(ctx, repeated)


def _known_kind(kind: str) -> str:
    if kind not in PARTNER_KINDS:
        raise typer.BadParameter(f"there is no such kind of partner; use one of {', '.join(PARTNER_KINDS)}")
    return kind


@app.command(cls=ListsOfIdentifiers)
def add(
    name: Annotated[str, typer.Argument(help="The partner's name; the id is made from it.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(PARTNER_KINDS)}.", callback=_known_kind)],
    language: Annotated[str, typer.Option(help="The language it is written to in: es or en.")] = "es",
    owns: Annotated[list[str] | None, typer.Option(help="Identifiers of organisations that it is.")] = None,
    custodian_of: Annotated[
        list[str] | None, typer.Option(help="Identifiers of organisations it reports for, or: unclaimed.")
    ] = None,
    as_steward: Annotated[bool, typer.Option("--as-steward", help="It decides on pairs, as the desk does.")] = False,
    data: DataOption = DATA,
) -> None:
    """Make a partner known and print its key, which is shown this once."""
    folder, addresses = running_stack(data)
    custody = UNCLAIMED if custodian_of == [UNCLAIMED] else custodian_of or []
    partner = NewPartner(name, kind, language, owns or [], custody, as_steward)
    admin = AdminClient(folder.admin_key_file)
    try:
        key = admin.add_partner(addresses.registry, partner)
    except CallFailed as error:
        fail(f"The partner was not added: {error}")
    tell("The partner's key, which is shown this once:")
    say(key, markup=False)
    try:
        admin.wait_until_known(addresses, key)
    except CallFailed as error:
        tell(f"The key works, but not everywhere yet: {error}", markup=False)
