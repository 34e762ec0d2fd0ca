"""What can go wrong in the shared parts, as a tree of errors.

IstmoError
├── InvalidEvent
"""

__all__ = ["InvalidEvent", "IstmoError"]


class IstmoError(Exception):
    """The root of the platform's own errors."""


class InvalidEvent(IstmoError):
    """A record in the log that breaks the contract: it goes to the dead letters with this reason."""
