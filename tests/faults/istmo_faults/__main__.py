"""`make faults`: every fault, three times with other seeds; histories of failures are kept and can be replayed."""

import argparse
import asyncio
import hashlib
import logging
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from istmo_faults.catalogue import FAULTS, Fault
from istmo_faults.checking import violations
from istmo_faults.history import Answered, Entry, History, Run, read_history
from istmo_faults.running import run
from istmo_faults.servers import Servers, running_servers
from istmo_faults.world import open_world

_KEPT: Final = Path("build/faults")
_RUNS_OF_A_WORLD: Final = 17
"""Then a new platform: the oracle compares every pair of activities, and a run is to take seconds."""
_LONGEST_RUN_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Planned:
    """A run to be made."""

    fault: Fault
    round: int
    seed: int


class Course:
    """Runs one after the other, until `until` (seconds of the monotonic clock)."""

    def __init__(self, folder: Path, until: float) -> None:
        self._folder = folder
        self._until = until
        self.failed: list[Planned] = []
        self.left: list[Planned] = []

    async def go(self, plans: Sequence[Planned]) -> None:
        """Make the runs, on platforms of as many brokers as they need."""
        for brokers, group in groupby(plans, key=lambda plan: plan.fault.brokers):
            with running_servers(self._folder / f"servers-{brokers}", brokers) as servers:
                await self._on(servers, list(group))

    async def _on(self, servers: Servers, plans: list[Planned]) -> None:
        while plans:
            if time.monotonic() > self._until:
                self.left += plans
                return
            folder = Path(tempfile.mkdtemp(prefix="world-", dir=self._folder))
            async with open_world(servers.places(), folder) as world:
                for _ in range(min(_RUNS_OF_A_WORLD, len(plans))):
                    plan = plans.pop(0)
                    began = time.monotonic()
                    history = History.in_folder(_KEPT, f"{plan.fault.name}-{plan.seed}")
                    broken = await run(world, plan.fault, plan.seed, history, servers)
                    history.close()
                    _tell(plan, history, broken, time.monotonic() - began)
                    if broken:
                        self.failed.append(plan)
                        # What is not at rest must not be taken for what the next fault did.
                        break
                    history.path.unlink()
                    if time.monotonic() > self._until:
                        break
            if self.failed and self.failed[-1] is plan:
                _keep_logs(folder, history.path.with_suffix(".logs"))


def _tell(plan: Planned, history: History, broken: Sequence[str], seconds: float) -> None:
    fates = Counter({each.mark: each.fate for each in history.entries if isinstance(each, Answered)}.values())
    told = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
    print(
        f"{'FAILED' if broken else 'passed':7} {plan.fault.name:28} round {plan.round} seed {plan.seed:<9}"
        f" {seconds:5.1f} s  {told}",
        flush=True,
    )
    for words in broken[:20]:
        print(f"        {words}", flush=True)
    if broken:
        print(f"        kept: make faults REPLAY={history.path}", flush=True)


def _keep_logs(folder: Path, kept: Path) -> None:
    kept.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        shutil.copy(log, kept)


def _plans(seed: int, rounds: int, only: Sequence[str]) -> Iterator[Planned]:
    for brokers in sorted({fault.brokers for fault in FAULTS}):
        for round_ in range(1, rounds + 1):
            for fault in FAULTS:
                if fault.brokers == brokers and (not only or fault.name in only):
                    digest = hashlib.sha256(f"{seed}/{round_}/{fault.name}".encode()).digest()
                    yield Planned(fault, round_, int.from_bytes(digest[:4]) % 1_000_000_000)


def _replayed(path: Path) -> Planned:
    """Check a kept history again, and plan the same run once more."""
    entries: list[Entry] = list(read_history(path.read_text().splitlines()))
    [begun] = [entry for entry in entries if isinstance(entry, Run)]
    broken = violations(entries)
    print(f"{path}: {begun.fault}, seed {begun.seed}; checked again: {len(broken)} broken")
    for words in broken[:20]:
        print(f"        {words}")
    [fault] = [fault for fault in FAULTS if fault.name == begun.fault]
    return Planned(fault, 1, begun.seed)


def main() -> int:
    """Run the faults; 0 when nothing was broken and every run was made."""
    parser = argparse.ArgumentParser(prog="istmo_faults", description=__doc__)
    today = int(datetime.now(UTC).strftime("%Y%m%d"))
    parser.add_argument("--seed", type=int, default=today, help="everything random follows from it; default: the day")
    parser.add_argument("--rounds", type=int, default=3, help="how often each fault happens")
    parser.add_argument("--only", default="", help="names of faults, with commas between")
    parser.add_argument("--minutes", type=float, default=20.0, help="after so long no further run begins")
    parser.add_argument("--replay", type=Path, help="a kept history: check it again, and let its fault happen again")
    asked = parser.parse_args()
    only = [name for name in asked.only.split(",") if name]
    unknown = set(only) - {fault.name for fault in FAULTS}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(f.name for f in FAULTS)}")
    plans = [_replayed(asked.replay)] if asked.replay else list(_plans(asked.seed, asked.rounds, only))
    began = time.monotonic()
    # That a broker is away is no news here.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    # Asked to end, it ends what it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"{len(plans)} runs, SEED={asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="istmo-faults-") as folder:
        # PostgreSQL, which does not run as root, finds its tables in it.
        Path(folder).chmod(0o711)
        course = Course(Path(folder), began + asked.minutes * 60 - _LONGEST_RUN_SECONDS)
        asyncio.run(course.go(plans))
    for plan in course.left:
        print(f"not run {plan.fault.name} round {plan.round}: no time was left")
    made = len(plans) - len(course.left)
    print(f"{made} runs, {len(course.failed)} failed, {len(course.left)} not run, {time.monotonic() - began:.0f} s")
    return 1 if course.failed or course.left else 0


if __name__ == "__main__":
    sys.exit(main())
