"""The first partner of a stack: the coordination desk."""

from istmo_stack.admin import UNCLAIMED, AdminClient, NewPartner
from istmo_stack.folder import DataFolder, write_private

__all__ = ["DESK", "ensure_desk"]

DESK = NewPartner(
    id="desk",
    name="Mesa de coordinación",
    kind="sica",
    language="es",
    custodian_of=UNCLAIMED,
    steward=True,
)


def ensure_desk(folder: DataFolder, registry: str) -> None:
    """Make the desk known to the registry the first time, and keep its key in the folder.

    The desk is steward, and custodian of every organisation that no partner owns. Raises CallRefused when the registry
    knows a desk whose key is not in this folder.
    """
    if not folder.desk_key_file.exists():
        key = AdminClient(folder.admin_key_file).add_partner(registry, DESK)
        write_private(folder.desk_key_file, key + "\n")
