"""The whole platform as its user starts it: `istmo up --detach` in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from istmo_stack.admin import AdminClient, NewPartner
from istmo_stack.folder import Addresses
from istmo_stack.progress import wait_for_rest

__all__ = ["Platform"]

_ISTMO = Path(sys.executable).parent / "istmo"


@dataclass(frozen=True)
class Platform:
    """A running stack. `addresses` is what `stack.json` says."""

    data: Path
    addresses: Mapping[str, str]
    environment: Mapping[str, str]

    @classmethod
    def up(cls, data: Path, *options: str, **environment: str) -> "Platform":
        """Start it and wait until it is healthy; raises AssertionError with what the command said."""
        platform = cls(data, {}, {**os.environ, **environment})
        platform.command("up", "--detach", *options)
        addresses = json.loads((data / "stack.json").read_text())
        return cls(data, addresses, platform.environment)

    def down(self) -> None:
        """Stop it."""
        self.command("down")

    def run(self, *words: str, timeout_seconds: float = 300) -> "subprocess.CompletedProcess[str]":
        """Run `istmo <words> --data …` and give what it said and its exit code."""
        return subprocess.run(
            [str(_ISTMO), *words, "--data", str(self.data)],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    def command(self, *words: str, timeout_seconds: float = 300) -> str:
        """Run `istmo <words>`, which must succeed; its standard output."""
        done = self.run(*words, timeout_seconds=timeout_seconds)
        assert done.returncode == 0, (
            f"istmo {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def add_partner(self, name: str, *owns: str, kind: str = "civil-society", language: str = "en") -> dict[str, str]:
        """Make a partner known; the header that carries its key, which every service knows by then."""
        partner = NewPartner(name=name, kind=kind, language=language, owns=owns)
        key = self._admin.add_partner(self.addresses["registry"], partner)
        self._admin.wait_until_known(Addresses(**self.addresses), key)
        return {"Authorization": f"Bearer {key}"}

    def rest(self, timeout_seconds: float = 120) -> None:
        """Wait until everything reported has been taken in, and nothing was put aside."""
        left = wait_for_rest(Addresses(**self.addresses), self._admin, timeout_seconds=timeout_seconds)
        assert (left.waiting_for, left.parked) == ((), ())

    def export(self) -> list[dict[str, Any]]:
        """The operator's export."""
        return [json.loads(line) for line in self.command("export").splitlines()]

    @property
    def _admin(self) -> AdminClient:
        return AdminClient(Path(self.addresses["admin_key_file"]))
