"""What every process reads from its environment. A service adds its own fields in a subclass."""

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["CommonSettings"]


class CommonSettings(BaseSettings):
    """Settings `ISTMO_…`. Addresses have the usual local ports as defaults; secrets have none.

    `topic_prefix` and `schema_prefix` set a whole platform apart from others on one broker and one database.
    """

    model_config = SettingsConfigDict(
        env_prefix="ISTMO_",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # what is wrong with a secret is told without the secret
    )

    kafka: str = "127.0.0.1:9092"
    redis_url: str = "redis://127.0.0.1:6379/0"
    postgres_url: SecretStr = SecretStr("postgresql://127.0.0.1:5432/istmo")
    handle_key: SecretStr | None = Field(default=None, min_length=32)
    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65535)
    topic_prefix: str = Field(default="", pattern=r"^[a-z0-9.-]*$", max_length=60)
    schema_prefix: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*)?$", max_length=40)
    partitions: int = Field(default=4, ge=1, le=1000)
    replication_factor: int = Field(default=1, ge=1, le=5)
    keep_stage_records: timedelta = Field(default=timedelta(days=14), gt=timedelta(0))
