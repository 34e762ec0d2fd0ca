"""Where the frame counts an activity: one of seven countries, the region as a whole, or elsewhere."""

from typing import Final

__all__ = ["ELSEWHERE", "REGIONAL", "SEVEN_COUNTRIES", "place_of_country", "place_of_region"]

SEVEN_COUNTRIES: Final = ("BZ", "CR", "SV", "GT", "HN", "NI", "PA")
REGIONAL: Final = "regional"
ELSEWHERE: Final = "elsewhere"

_CENTRAL_AMERICA: Final = {
    "1": ("389", "1032"),  # DAC: Caribbean and Central America; Central America
    "2": ("13", "013"),  # UN M49: Central America
}


def place_of_country(code: str) -> str:
    """The frame's place of an ISO 3166-1 alpha-2 country."""
    return code if code in SEVEN_COUNTRIES else ELSEWHERE


def place_of_region(code: str, vocabulary: str = "1") -> str:
    """The frame's place of a region in an IATI RegionVocabulary; only Central America itself is `regional`."""
    return REGIONAL if code in _CENTRAL_AMERICA.get(vocabulary, ()) else ELSEWHERE
