"""What notify reads from its environment."""

from datetime import timedelta

from pydantic import Field

from istmo_common.settings import CommonSettings
from istmo_notify.domain.delivery import RetryPolicy

__all__ = ["NotifySettings"]


class NotifySettings(CommonSettings):
    """The common settings, and how notify delivers (`ISTMO_NOTIFY_…`; durations in ISO 8601, as PT20S).

    `notify_allow_loopback` lets webhooks go to this machine over plain HTTP: for the local stack only.
    """

    admin_key_sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    notify_allow_loopback: bool = False
    notify_heartbeat: timedelta = Field(default=timedelta(seconds=15), gt=timedelta(0))
    notify_webhook_timeout: timedelta = Field(default=timedelta(seconds=15), gt=timedelta(0), le=timedelta(seconds=30))
    notify_first_retry: timedelta = Field(default=timedelta(seconds=5), gt=timedelta(0))
    notify_longest_retry: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))
    notify_patience: timedelta = Field(default=timedelta(days=5), gt=timedelta(0))
    notify_most_subscriptions: int = Field(default=50, ge=1)
    notify_most_streams: int = Field(default=2000, ge=1)

    @property
    def schema_name(self) -> str:
        """The schema of notify's tables."""
        return f"{self.schema_prefix}notify"

    @property
    def delivery_term(self) -> timedelta:
        """How long an endpoint is held for one item: enough for its answer; then the worker is taken for dead."""
        return 2 * self.notify_webhook_timeout + timedelta(seconds=5)

    @property
    def retry(self) -> RetryPolicy:
        """When failed deliveries are tried again."""
        return RetryPolicy(self.notify_first_retry, self.notify_longest_retry, self.notify_patience)
