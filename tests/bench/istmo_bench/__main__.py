"""`make bench`: run the benchmarks, print the table, and keep it in build/bench.json."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from istmo_bench.chain import measure_chain
from istmo_bench.cores import stand_aside
from istmo_bench.grounds import Grounds, running_grounds
from istmo_bench.measures import Measure, show, write
from istmo_bench.posting import measure_posting
from istmo_bench.streaming import measure_streaming
from istmo_bench.webhooks import measure_webhooks

_BENCHMARKS: Final[Mapping[str, Callable[[Grounds, int], Awaitable[list[Measure]]]]] = {
    "post": lambda grounds, rounds: measure_posting(grounds, singles=5_000, batched=20_000, rounds=rounds),
    "chain": lambda grounds, rounds: measure_chain(grounds, count=1000, per_second=200, rounds=rounds),
    "sse": lambda grounds, rounds: measure_streaming(grounds, readers=1000, views=20, events=60, rounds=rounds),
    "webhooks": lambda grounds, rounds: measure_webhooks(grounds, endpoints=64, items=100, rounds=rounds),
}

app = typer.Typer(add_completion=False)


@app.command()
def main(
    only: Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(_BENCHMARKS)}. All by default.")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="How often both forms take turns.")] = 3,
    output: Path = Path("build/bench.json"),
) -> None:
    """Measure the platform against its bare forms."""
    # Asked to end, it takes its servers down too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stand_aside()
    measures: list[Measure] = []
    with running_grounds() as grounds:
        for name in only or _BENCHMARKS:
            typer.echo(f"{name} …", err=True)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                measures += runner.run(_measured(name, grounds, rounds))
            show(measures)
    write(measures, output)


async def _measured(name: str, grounds: Grounds, rounds: int) -> list[Measure]:
    return await _BENCHMARKS[name](grounds, rounds)


if __name__ == "__main__":
    app()
