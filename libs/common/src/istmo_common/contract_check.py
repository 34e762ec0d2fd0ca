"""Refuses an incompatible change of the contract.

`python -m istmo_common.contract_check FOLDER` compares the payloads with `FOLDER/released/`, the contract as it was
last released, and exits 1 where a change is neither compatible nor accepted in `FOLDER/accepted.toml`.
With `--release` it makes today's contract the released one, once nothing is refused.
"""

import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from istmo_common.contract_changes import REMEDIES, Change, Rule, changes
from istmo_common.contracts import contracts, write_schemas

__all__ = ["refusals"]


def refusals(folder: Path, schemas: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What speaks against `schemas` as the successors of those in `folder/released/`, a line of text each.

    `folder/accepted.toml` accepts changes that fall under `widened`, each by its name with the reason; a line of it
    that accepts nothing is itself refused.
    """
    released = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("released/*.json")}
    accepted = tomllib.loads(folder.joinpath("accepted.toml").read_text(encoding="utf-8"))
    found = changes(released, schemas)
    acceptable = {change.name for change in found if change.rule is Rule.WIDENED}
    refused = [_refusal(change) for change in found if change.name not in acceptable & accepted.keys()]
    idle = sorted(accepted.keys() - acceptable)
    return refused + [f"accepted.toml: {name!r} accepts nothing that has changed. Take the line out." for name in idle]


def _refusal(change: Change) -> str:
    return f"{change.place}: {change.rule} ({change.detail}). Remedy: {REMEDIES[change.rule]}."


def _release(folder: Path, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    released = folder / "released"
    for path in released.glob("*.json"):
        path.unlink()
    write_schemas(released, schemas)
    accepted = folder / "accepted.toml"
    comments = [line for line in accepted.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    accepted.write_text("".join(f"{line}\n" for line in comments), encoding="utf-8")


def _main(arguments: Sequence[str]) -> int:
    folder, schemas = Path(arguments[0]), contracts()
    refused = refusals(folder, schemas)
    for line in refused:
        sys.stderr.write(f"{line}\n")
    if refused:
        sys.stderr.write(f"The contract would change incompatibly in {len(refused)} places ({folder}/README.md).\n")
        return 1
    if "--release" in arguments:
        _release(folder, schemas)
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
