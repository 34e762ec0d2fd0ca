"""What can go wrong in the shared parts, as a tree of errors.

IstmoError
├── InvalidEvent
│   └── UnknownType         of a type that this program does not know
├── Unauthenticated
├── LogError                what concerns the log, Kafka
│   ├── BrokerUnavailable   not published, the log does not take it now
│   ├── DeliveryUnknown     perhaps published: send again with the same id
│   ├── EventTooLarge       not published, and never will be
│   ├── TopicMismatch       a topic is not as declared
│   ├── LogDoesNotFit       the log is not the one that the stored positions are about
│   ├── PositionMoved       another worker has moved on from the position that this one read at
│   └── TooManyInvalid      so many invalid records that the fault is more likely here
└── MigrationMismatch       the tables were made by other migrations
"""

__all__ = [
    "BrokerUnavailable",
    "DeliveryUnknown",
    "EventTooLarge",
    "InvalidEvent",
    "IstmoError",
    "LogDoesNotFit",
    "LogError",
    "MigrationMismatch",
    "PositionMoved",
    "TooManyInvalid",
    "TopicMismatch",
    "Unauthenticated",
    "UnknownType",
]


class IstmoError(Exception):
    """The root of the platform's own errors. Their texts never repeat what a report says: they may be logged."""


class InvalidEvent(IstmoError):
    """A record in the log that breaks the contract: it goes to the dead letters with this reason."""


class UnknownType(InvalidEvent):
    """A record of an event type that this program does not know. A newer one may: it is not broken."""


class Unauthenticated(IstmoError):
    """An `Authorization` that names no living key. The text says nothing about which part was wrong."""


class LogError(IstmoError):
    """Something between a service and the log."""


class BrokerUnavailable(LogError):
    """The log cannot take the event now, and it was not published. Try again after `retry_after_seconds`."""

    def __init__(self, reason: str, *, retry_after_seconds: float = 2.0) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class DeliveryUnknown(LogError):
    """The log did not acknowledge in time; the event may still be published. Send it again with the same id."""


class EventTooLarge(LogError):
    """The event is larger than its topic takes; sending it again cannot help."""


class TopicMismatch(LogError):
    """A topic in the log is not as it is declared. The text says what to do."""


class LogDoesNotFit(LogError):
    """The log is not the one that the stored positions are about. The text says what to do."""


class PositionMoved(LogError):
    """The stored position is not the one this worker read at: the partition is another's, and nothing was committed."""


class TooManyInvalid(LogError):
    """So many records in a row break the contract that the reader is more likely wrong than the records."""


class MigrationMismatch(IstmoError):
    """The tables were made by migrations that this program does not have, or has with another text."""
