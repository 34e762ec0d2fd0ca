"""What the documentation shows: a partner's alert and subscription, and the list that tells of the same programme."""

from typing import Any, Final

from istmo_common.catalogue import text

__all__ = ["ALERT", "FRAMES", "PAGE", "PROGRESS", "SECRET", "STAGES", "SUBSCRIPTION"]

SUBSCRIPTION: Final[dict[str, Any]] = {
    "id": "sub_0f6e1c2d3b4a59687786950a1b2c3d4e",
    "view": "v-3k5n7q2zq5m4b3l6n2v4x5c6a7",
    "epoch": 1,
    "start": 40,
    "last": 42,
    "filter": {"types": [], "countries": ["HN", "regional"], "goals": [], "organisations": []},
    "language": "en",
    "channel": "webhook",
    "created": "2026-03-31T18:00:00.000000Z",
    "delivery": {
        "url": "https://example.org/istmo",
        "delivered": 41,
        "due": "2026-04-01T09:30:05.000000Z",
        "failures": 1,
        "last_reason": "timeout",
    },
}
SECRET: Final = "whsec_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtZXhhbXBsZTA="  # noqa: S105 - nobody's
"""What a new webhook subscription shows once."""

_PROGRAMME: Final = "p-7q2zq5m4b3l6n2v4x5c6a7s2d3"
_TITLE: Final = "Prevención de violencia juvenil en San Pedro Sula"
_MEMBERS: Final = (("HN-GOV-9", "HN-GOV-9-2024-017"), ("US-GOV-11", "US-GOV-11-HN-2291"))
_ABOUT: Final[dict[str, Any]] = {
    "title": _TITLE,
    "countries": [{"code": "HN", "name": "Honduras"}],
    "goals": [{"code": "1", "name": "Safe streets"}],
}
_WORDS: Final = {
    f"{side}_{name}": value
    for side, (reporter, activity) in zip(("own", "other"), _MEMBERS, strict=True)
    for name, value in (("reporter", reporter), ("activity", activity), ("title", _TITLE))
}
_NAME: Final = "a-5c6a7s2d37q2zq5m4b3l6n2v4x"
ALERT: Final[dict[str, Any]] = {
    "id": _NAME,
    "kind": "possible-duplicate",
    "state": "raised",
    "revision": 1,
    "raised": "2026-04-01T09:30:00.000000Z",
    "changed": "2026-04-01T09:30:00.000000Z",
    "alert": {
        "id": _NAME,
        "kind": "possible-duplicate",
        "heading": text("alert.possible-duplicate.heading", "en"),
        "score": "11.0000",
        "summary": text("alert.possible-duplicate.summary", "en", **_WORDS),
        "reasons": [text("evidence.title-equal", "en"), text("evidence.country-shared", "en", countries="HN")],
        "advice": text("alert.possible-duplicate.advice", "en", **_WORDS),
        "sides": [
            {"reporter": reporter, "activities": [activity], "programme": _PROGRAMME, **_ABOUT}
            for reporter, activity in _MEMBERS
        ],
    },
}

_LIST: Final = {"view": "v-bev62mv63t4q2ta5pgywa4a4fd", "epoch": 1}
_TOLD: Final[dict[str, Any]] = {
    "id": _PROGRAMME,
    **_ABOUT,
    "members": [{"reporter": reporter, "activity": activity, "title": _TITLE} for reporter, activity in _MEMBERS],
    "organisations": [reporter for reporter, _ in _MEMBERS],
    "lines": [],
    "totals": [{"measure": "paid", "currency": "USD", "amount": "100577.00"}],
}
PAGE: Final[dict[str, Any]] = {
    **_LIST,
    "after": 40,
    "until": 42,
    "last": 42,
    "items": [
        {
            **_LIST,
            "number": 41,
            "type": "programme.changed",
            "timestamp": "2026-04-01T09:30:00.000000Z",
            "data": _TOLD,
        },
        {**_LIST, "number": 42, "withheld": True},
    ],
}
FRAMES: Final = (
    'event: withheld\ndata: {"epoch":1,"number":42,"view":"v-bev62mv63t4q2ta5pgywa4a4fd","withheld":true}\nid: 1-42\n\n'
    'event: heartbeat\ndata: {"epoch":1,"number":42,"view":"v-bev62mv63t4q2ta5pgywa4a4fd"}\nid: 1-42\n\n'
)
"""The end of the same list as server-sent events."""

PROGRESS: Final[dict[str, Any]] = {
    "partitions": [{"topic": "findings", "partition": 1, "stored": 118, "end": 120, "lag": 2}],
    "queues": [
        {"stage": "deliver", "rows": 1, "oldest_seconds": 4.2},
        {"stage": "relay", "rows": 2, "oldest_seconds": 0.02},
    ],
    "retrying": ["sub_0f6e1c2d3b4a59687786950a1b2c3d4e"],
    "stuck": [],
}
STAGES: Final[dict[str, Any]] = {
    "stages": [
        {
            "trace": "0af7651916cd43dd8448eb211c80319c",
            "stage": "intake",
            "subject": f"programmes/{_PROGRAMME}",
            "since": None,
            "began": "2026-04-01T09:30:00.000000Z",
            "ended": "2026-04-01T09:30:00.012000Z",
            "outcome": "alerts 0, items of lists 1",
        }
    ],
    "told": [
        {
            **_LIST,
            "number": 41,
            "type": "programme.changed",
            "told": "2026-04-01T09:30:00.000000Z",
            "reader": None,
        }
    ],
    "undelivered": [
        {
            "item": "sub_0f6e1c2d3b4a59687786950a1b2c3d4e/1/42",
            "told": "2026-04-01T09:30:00.000000Z",
            "due": "2026-04-01T09:30:05.000000Z",
            "failures": 1,
            "paused": None,
            "last_reason": "timeout",
        }
    ],
}
