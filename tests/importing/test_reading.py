"""The importer's reading of a file beside its sending."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from istmo.importing import run
from istmo.importing.batches import Batch
from istmo_common.disclosure import Tlp
from istmo_common.events.values import MarkingStatement


async def test_a_file_is_read_in_one_thread(monkeypatch: pytest.MonkeyPatch, iati_file: Callable[..., Path]) -> None:
    """However many threads are free: a parser that goes from one to another frees what it does not own."""
    threads = set()

    def read_batches(*_: Any) -> Iterator[Batch]:
        for _ in range(20):
            threads.add(threading.get_ident())
            yield Batch()

    monkeypatch.setattr(run, "read_batches", read_batches)
    await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.05) for _ in range(4)))
    client = AsyncMock(open_import=AsyncMock(return_value=SimpleNamespace(id="imp-1", resumed=False)))
    await run.send_file(client, iati_file(1), MarkingStatement(tlp=Tlp.CLEAR), "en", lambda *_: None)
    assert 1 == len(threads)
