"""What can go wrong with the local stack, as a tree of errors.

StackError
├── StackRunning        another process runs the stack of this folder
├── ChildError          a process ended, or cannot do, what it was started for
│   └── StartTimeout    a process runs but is not healthy in time
├── JarUnavailable      a jar of Kafka could not be fetched
├── JarMismatch         a jar of Kafka is not the committed one
├── TablesGone          the database's folder, which this data folder points to, is no longer there
├── BackupRefused       a backup cannot be taken so
├── ArchiveBroken       an archive is cut off, damaged, or no backup
├── RestoreRefused      an archive does not fit, or would overwrite what is there
├── RestoreInterrupted  a restore ended half-way; what is in the folder is no stack
└── CallFailed          a service refused an operator's call, or did not answer
"""

__all__ = [
    "ArchiveBroken",
    "BackupRefused",
    "CallFailed",
    "ChildError",
    "JarMismatch",
    "JarUnavailable",
    "RestoreInterrupted",
    "RestoreRefused",
    "StackError",
    "StackRunning",
    "StartTimeout",
    "TablesGone",
]


class StackError(Exception):
    """The root of the stack's own errors; their texts are written for whoever started it."""


class StackRunning(StackError):
    """Another process already runs the stack of this folder."""


class ChildError(StackError):
    """A child process ended when it should run; the message ends with the last lines of its log."""


class StartTimeout(ChildError):
    """A child process runs, but did not become healthy in time."""


class JarUnavailable(StackError):
    """A jar could not be fetched: there is no network, or the repository does not have it."""


class JarMismatch(StackError):
    """A jar came down with another content than the committed one."""


class TablesGone(StackError):
    """The folder with the tables was removed, though the rest of the stack's data is here. The text says what to do."""


class BackupRefused(StackError):
    """A backup cannot be taken so; nothing was stopped or written."""


class ArchiveBroken(StackError):
    """An archive is not whole, or not what was written; nothing of it was used."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the archive is not used: {reason}")


class RestoreRefused(StackError):
    """An archive does not belong here, or would overwrite what is there; nothing was touched."""


class RestoreInterrupted(StackError):
    """A restore ended half-way; what the folder holds is of two moments, and is not started."""


class CallFailed(StackError):
    """An operator's call was refused, with the problem that the service named, or was not answered: status None."""

    def __init__(self, status: int | None, reason: str) -> None:
        super().__init__(reason)
        self.status = status
