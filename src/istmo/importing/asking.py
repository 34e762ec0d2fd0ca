"""The question about activities that a complete file lacks and an earlier one had."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.prompt import Prompt

from istmo.importing.client import NamedActivity
from istmo.options import tell
from istmo_common.catalogue import Language, text

__all__ = ["MOST_NAMED", "Missing", "to_withdraw"]

MOST_NAMED: Final = 50
"""So many are named in a list."""
_WITHDRAW, _KEEP, _EACH = "1", "2", "3"


class Missing(StrEnum):
    """What becomes of activities that a complete file lacks. `ASK` without a terminal is `KEEP`."""

    ASK = "ask"
    KEEP = "keep"
    WITHDRAW = "withdraw"


def to_withdraw(missing: Sequence[NamedActivity], policy: Missing, language: Language) -> list[NamedActivity]:
    """Those of `missing` that are to be withdrawn. Whoever only presses Enter keeps them."""
    if policy is Missing.WITHDRAW:
        return list(missing)
    if not missing or policy is Missing.KEEP or not sys.stdin.isatty():
        return []
    tell(text("import.missing", language))
    for name in missing[:MOST_NAMED]:
        tell(f"  {escape(' '.join(name))}")
    if len(missing) > MOST_NAMED:
        tell(text("import.and-more", language, count=len(missing) - MOST_NAMED))
    answer = _ask(text("import.missing-ask", language), [_WITHDRAW, _KEEP, _EACH])
    if answer == _EACH:
        return [name for name in missing if _ask(_question(name, language), [_WITHDRAW, _KEEP]) == _WITHDRAW]
    return list(missing) if answer == _WITHDRAW else []


def _question(name: NamedActivity, language: Language) -> str:
    return text("import.missing-ask-one", language, activity=" ".join(name))


def _ask(question: str, answers: list[str]) -> str:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return Prompt.ask(escape(question), console=console, choices=answers, default=_KEEP, show_choices=False)
