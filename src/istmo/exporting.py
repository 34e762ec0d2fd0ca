"""`istmo export`: everything that the registry holds, for operators."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer

from istmo.options import DATA, DataOption, fail, running_stack
from istmo_stack.folder import DataFolder

__all__ = ["export"]

_ADDRESS: Final = "/v1/admin/export"
# The registry reads all of one moment before it sends the first line.
_TIMEOUT: Final = httpx.Timeout(10.0, read=600.0)


def export(
    data: DataOption = DATA,
    registry: Annotated[str | None, typer.Option(help="Its address, if not the local stack's.")] = None,
) -> None:
    """Write every programme, pair, entry and finding to standard output, one JSON text a line, in one order.

    This is an operator's view, restricted reports included: it needs the admin key, and is composed for no reader.
    """
    folder, address = _registry(data, registry)
    try:
        key = folder.admin_key_file.read_text().strip()
    except OSError as error:
        fail(f"The admin key cannot be read: {error}")
    try:
        sys.stdout.buffer.writelines(_pieces(address, key))
        sys.stdout.buffer.flush()
    except httpx.HTTPError as error:
        fail(f"The registry gave no export: {error}")


def _registry(data: Path, registry: str | None) -> tuple[DataFolder, str]:
    if registry is not None:
        return DataFolder(data), registry.rstrip("/")
    folder, addresses = running_stack(data)
    return folder, addresses.registry


def _pieces(registry: str, key: str) -> Iterator[bytes]:
    headers = {"Authorization": f"Bearer {key}"}
    # Not through a proxy that the environment names: the key is for the registry alone.
    with (
        httpx.Client(headers=headers, timeout=_TIMEOUT, trust_env=False) as client,
        client.stream("GET", registry + _ADDRESS) as answer,
    ):
        if not answer.is_success:
            answer.read()
            fail(f"The registry gave no export: {_reason(answer)}")
        yield from answer.iter_bytes()


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, LookupError, TypeError):
        return str(answer.status_code)
