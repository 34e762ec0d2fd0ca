"""What ingest reads from its environment."""

from datetime import timedelta

from istmo_common.settings import CommonSettings

__all__ = ["IngestSettings"]


class IngestSettings(CommonSettings):
    """The common settings, and for how long accepted ids are remembered for an early answer.

    A retry that comes later is published again, and the registry counts it once all the same.
    """

    remember_accepted: timedelta = timedelta(days=30)
