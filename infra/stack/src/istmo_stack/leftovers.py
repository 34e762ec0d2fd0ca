"""What a stack whose supervisor was killed left running."""

import signal

from istmo_stack.child import Identity
from istmo_stack.folder import DataFolder

__all__ = ["end_leftovers"]


def end_leftovers(folder: DataFolder) -> bool:
    """End the processes that the folder's pid files still name; whether there was any.

    The services go first, then what they stand on, which on SIGINT does not wait for its clients.
    """
    services = [(path, signal.SIGTERM) for path in folder.run.glob("*.pid")]
    servers = [(path, signal.SIGINT) for path in folder.root.glob("*/*.pid") if path.parent != folder.run]
    found = False
    for path, sign in (*services, *servers):
        left = Identity.read(path)
        if left is not None and left.alive:
            found = True
            left.end(sign=sign)
        path.unlink(missing_ok=True)
    return found
