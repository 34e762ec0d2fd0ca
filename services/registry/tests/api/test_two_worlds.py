"""No leak: two worlds that differ only in what a reader may not see are one to that reader, on every route."""

import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from istmo_oracle.building import Sent, activity, transaction
from istmo_registry_api.cases import CASES, answers
from istmo_registry_api.registry import Registry, handle_of, open_registry
from istmo_registry_api.worlds import BARE, CANARY, FULL, HIDDEN, STRANGER, TELLER
from istmo_stack.testing import Server
from istmo_support.routes import routes_of

DESK = "desk"
SECRET = "hushed"
"""What stood in an open report before, and is in no request."""


async def settle(registry: Registry) -> Registry:
    """The partners of both worlds."""
    await registry.add_partner(name=TELLER, owns=["T"])
    await registry.add_partner(name=STRANGER, owns=["S"], agreement_signed=True)
    await registry.add_partner(name=DESK, steward=True, custodian_of="unclaimed")
    return registry


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bare(postgres: Server) -> AsyncIterator[Registry]:
    """The world of what everybody may see."""
    async with open_registry(postgres.url, f"t{secrets.token_hex(4)}_") as registry:
        await (await settle(registry)).report(*BARE)
        yield registry


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def full(postgres: Server) -> AsyncIterator[Registry]:
    """The world with more in it, for one reporter."""
    async with open_registry(postgres.url, f"t{secrets.token_hex(4)}_") as registry:
        await (await settle(registry)).report(*FULL)
        yield registry


async def test_every_route_has_a_case(bare: Registry) -> None:
    """A new way out cannot be added without asking what it tells to whom."""
    assert routes_of(bare.app) == set(CASES)


@pytest.mark.parametrize("reader", [None, STRANGER, DESK])
async def test_same_to_others(
    bare: Registry, full: Registry, reader: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever may not see the difference gets the same bytes, pages and ids in both worlds; logs tell neither."""
    there, here = await answers(bare, reader), await answers(full, reader)
    assert {} == {
        asked: (there.get(asked), here.get(asked))
        for asked in there.keys() | here.keys()
        if there.get(asked) != here.get(asked)
    }


async def test_own_reporter(full: Registry) -> None:
    """The reporter itself reads what it restricted, everywhere but in sums that others read too."""
    mine = await answers(full, TELLER)
    paths = (
        "/v1/activities?",
        "/v1/transactions?",
        "/v1/programmes?",
        "/v1/organisation-references?",
        f"/v1/activities/{handle_of('T', 'h1')}/reports",
    )
    for path in paths:
        assert any(CANARY.encode() in answer for asked, answer in mine.items() if f"GET {path}" in asked), path
    assert CANARY.encode() not in mine["GET /v1 "]


async def test_hidden_is_unknown(full: Registry) -> None:
    """The id of something hidden is answered exactly as one that never was."""
    got = await answers(full, STRANGER)
    unknown = handle_of("nobody", "nothing")
    for asked, answer in got.items():
        for hidden in HIDDEN:
            if hidden in asked:
                assert got[asked.replace(hidden, unknown)] == answer, asked


async def test_stricter_at_once(postgres: Server) -> None:
    """A stricter version takes effect with its folding, before programmes and sums were resolved again."""
    async with open_registry(postgres.url, f"t{secrets.token_hex(4)}_") as registry:
        await see_stricter(registry)


async def see_stricter(registry: Registry) -> None:
    """Restrict what was open, and read before and after."""
    title = f"Youth violence prevention {SECRET}"
    lines = [transaction("777777")]
    await registry.report(
        activity(Sent("1", 1), "T", "t1", title, transactions=lines),
        activity(Sent("2", 2), "S", "s1", title.replace(SECRET, "nordic"), transactions=lines),
        activity(Sent("3", 3), "S", "s2", title, transactions=lines),
    )
    before = b"".join((await answers(registry, None)).values())
    assert [True, True] == [text in before for text in (SECRET.encode(), b"777777")]
    await registry.fold(
        [
            activity(Sent("4", 4), "T", "t1", title, tlp="RED", transactions=lines),
            activity(Sent("5", 5), "S", "s1", "Youth", tlp="GREEN"),
            activity(Sent("6", 6), "S", "s2", "Youth", tlp="GREEN"),
        ]
    )
    after = b"".join((await answers(registry, None)).values())
    assert [False, False] == [text in after for text in (SECRET.encode(), b"777777")]
