"""The first partner of a stack: the coordination desk."""

from istmo_stack.admin import UNCLAIMED, AdminClient, NewPartner
from istmo_stack.errors import CallFailed
from istmo_stack.folder import DataFolder, write_private

__all__ = ["DESK", "ensure_desk"]

_KNOWN_ALREADY = 409

_DESK_ID = "desk"
DESK = NewPartner("Mesa de coordinación", "sica", "es", custodian_of=UNCLAIMED, steward=True, id=_DESK_ID)


def ensure_desk(folder: DataFolder, registry: str) -> None:
    """Make the desk known to the registry the first time, and keep its key in the folder.

    The desk is steward, and custodian of every organisation that no partner owns. Raises CallFailed.
    """
    if folder.desk_key_file.exists():
        return
    admin = AdminClient(folder.admin_key_file)
    try:
        key = admin.add_partner(registry, DESK)
    except CallFailed as error:
        if error.status != _KNOWN_ALREADY:
            raise
        # An earlier start ended between the registry's answer and the file: that key is lost, so here is another.
        key = admin.add_key(registry, _DESK_ID)
    write_private(folder.desk_key_file, key + "\n")
