"""The samples: ten partners, what they report, and the alerts that have to come of it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from istmo_stack.admin import NewPartner

__all__ = ["Samples", "Told"]

_FOLDER = Path(__file__).parents[3] / "samples"


class Told(NamedTuple):
    """What names an alert: who was told, what kind, and the activities that it is about."""

    recipient: str
    kind: str
    activities: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Samples:
    """What lies in the folder `samples/` of the project."""

    partners: dict[str, NewPartner]
    """By id."""
    reports: dict[str, list[dict[str, Any]]]
    """CloudEvents by the partner that posts them."""
    expected: frozenset[Told]

    @classmethod
    def load(cls, folder: Path = _FOLDER) -> "Samples":
        """Read the folder. Raises FileNotFoundError where the samples are not installed beside the command."""
        partners = json.loads((folder / "partners.json").read_text())
        reports = {path.stem: json.loads(path.read_text()) for path in sorted((folder / "reports").glob("*.json"))}
        expected = json.loads((folder / "expected.json").read_text())["alerts"]
        return cls(
            partners={partner["id"]: NewPartner(**partner) for partner in partners},
            reports=reports,
            expected=frozenset(
                Told(
                    alert["recipient"],
                    alert["kind"],
                    frozenset((each["reporter"], each["activity"]) for each in alert["activities"]),
                )
                for alert in expected
            ),
        )
