"""What the registry reads from its environment."""

from pydantic import Field, SecretStr

from istmo_common.settings import CommonSettings

__all__ = ["RegistrySettings"]


class RegistrySettings(CommonSettings):
    """The common settings, with the key of published programme ids, without which no worker starts.

    `admin_key_sha256` is the SHA-256 (hexadecimal) of the operator's key; without it nobody can administer.
    """

    handle_key: SecretStr = Field(min_length=32)
    admin_key_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")

    @property
    def schema_name(self) -> str:
        """The schema that holds the registry's tables."""
        return f"{self.schema_prefix}registry"
