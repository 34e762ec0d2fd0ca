"""The reports that are posted: activities of about 1 kB, each another one, and the partner that posts them."""

import json
from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any, Final

__all__ = ["BATCHED", "ORGANISATION", "STRUCTURED", "report", "reports"]

ORGANISATION: Final = "XI-BENCH-SEGURIDAD"
STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"

_WORKS: Final = (
    "Patrullas", "Escuelas", "Laboratorio", "Mediación", "Fiscalía", "Academia", "Cámaras", "Alumbrado", "Becas",
    "Talleres", "Unidad canina", "Aduana", "Juzgado", "Observatorio", "Centro juvenil", "Radio comunitaria",
)  # fmt: skip
_PLACES: Final = (
    "Comayagua", "Choloma", "La Ceiba", "Danlí", "Juticalpa", "Tela", "Yoro", "Ocotepeque", "Gracias", "Trujillo",
    "Nacaome", "Catacamas", "Siguatepeque", "El Progreso", "Puerto Cortés", "La Esperanza",
)  # fmt: skip
_COUNTRIES: Final = ("HN", "GT", "SV", "NI", "CR", "PA", "BZ")


def report(name: str, number: int, words: Random, transactions: int = 1) -> dict[str, Any]:
    """One event, with so many transactions; `name` sets the ids of one series apart from another's."""
    pairs = list(product(_WORKS, _PLACES))
    work, place = pairs[number % len(pairs)]
    title = f"{work} de {place} {words.getrandbits(40):x}"
    return {
        "specversion": "1.0",
        "id": f"{name}-{number}",
        "source": "/bench",
        "type": "activity.reported",
        "time": "2026-03-01T09:00:00Z",
        "data": {
            "reporter": ORGANISATION,
            "activity": f"{ORGANISATION}-{name}-{number}",
            "marking": {"tlp": "CLEAR"},
            "title": [{"text": title, "language": "es"}],
            "descriptions": [
                {"narratives": [{"text": f"Fortalece {title} con equipo y formación.", "language": "es"}]}
            ],
            "status": "2",
            "participating_organisations": [
                {"role": "1", "identifier": "XI-BENCH-DONOR"},
                {"role": "4", "identifier": ORGANISATION},
            ],
            "dates": [{"type": "2", "date": "2026-01-15"}, {"type": "3", "date": "2027-12-31"}],
            "recipient_countries": [{"code": _COUNTRIES[number % 7], "percentage": "100"}],
            "sectors": [{"code": "15210", "vocabulary": "1", "percentage": "100"}],
            "transactions": [
                {
                    "type": "2",
                    "ref": f"c-{number}-{order}",
                    "date": "2026-01-20",
                    "value": {"amount": f"{words.randrange(10_000, 900_000)}.50", "currency": "USD"},
                }
                for order in range(transactions)
            ],
        },
    }


def reports(name: str, count: int, transactions: int = 1) -> Iterator[bytes]:
    """The JSON texts of `count` events, the same for the same name."""
    words = Random(name)
    for number in range(count):
        event = report(name, number, words, transactions)
        yield json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
