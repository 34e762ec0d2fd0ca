"""Splits over countries, regions and sectors, whose percentages must not claim more than the whole."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from istmo_ingest.domain.checks.shares import WHOLE
from istmo_ingest.iati.cells import Placed
from istmo_ingest.iati.node import Node, read_each

__all__ = ["ExceedingSplit", "read_shares", "without_exceeding"]

_PERCENTAGE: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,30})?")


@dataclass(frozen=True, slots=True)
class ExceedingSplit:
    """A split that came to `total` percent. It is sent without its percentages, and so is not stated."""

    place: str
    total: Decimal


def read_shares(nodes: Iterable[Node]) -> list[Placed]:
    """Countries, regions or sectors with their percentages."""
    return read_each(nodes, _share, "code")


def _share(node: Node) -> Placed:
    return Placed(
        node.place,
        code=node.attribute("code"),
        vocabulary=node.attribute("vocabulary"),
        vocabulary_uri=node.attribute("vocabulary-uri"),
        percentage=node.decimal_attribute("percentage"),
        narratives=node.narratives(),
    )


def without_exceeding(areas: Iterable[Placed], sectors: Iterable[Placed]) -> list[ExceedingSplit]:
    """Take the percentages off what claims more than the whole within one vocabulary, and tell where that was.

    `areas` are countries and regions together: those of the DAC's vocabulary divide one whole.
    """
    exceeding = []
    for whole in (*_wholes(areas), *_wholes(sectors)):
        total = sum((_percentage(share) for share in whole), Decimal())
        if total > WHOLE:
            exceeding.append(ExceedingSplit(whole[0].place, total))
            for share in whole:
                share.pop("percentage", None)
    return exceeding


def _wholes(shares: Iterable[Placed]) -> Iterable[list[Placed]]:
    wholes: dict[tuple[str, str], list[Placed]] = defaultdict(list)
    for share in shares:
        wholes[share.get("vocabulary", "1"), share.get("vocabulary_uri", "")].append(share)
    return wholes.values()


def _percentage(share: Placed) -> Decimal:
    stated = share.get("percentage", "")
    return Decimal(stated) if _PERCENTAGE.fullmatch(stated) else Decimal()
