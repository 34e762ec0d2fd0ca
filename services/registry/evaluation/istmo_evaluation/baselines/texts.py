"""The texts of a report as the baselines read them."""

from istmo_common.events.activities import ActivityReported

__all__ = ["titles_of", "words_of"]


def titles_of(report: ActivityReported) -> frozenset[str]:
    """Its titles, without regard to case and spacing."""
    return frozenset(_plain(narrative.text) for narrative in report.title)


def words_of(report: ActivityReported) -> list[str]:
    """The words of its titles and descriptions, letters and digits only."""
    told = [*report.title, *(narrative for one in report.descriptions for narrative in one.narratives)]
    text = " ".join(_plain(narrative.text) for narrative in told)
    return "".join(character if character.isalnum() else " " for character in text).split()


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
