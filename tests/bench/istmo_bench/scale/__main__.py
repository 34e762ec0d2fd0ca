"""`make bench-registry`: the registry at several sizes; the table is printed and kept in build/bench-registry.json."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated, Final

import typer

from istmo_bench.grounds import running_grounds
from istmo_bench.measures import Measure, show, write
from istmo_bench.receiving import receiving
from istmo_bench.scale.measuring import Size, measure_size

_MOST_GROWTH: Final = 1.5

app = typer.Typer(add_completion=False)


@app.command()
def main(
    sizes: Annotated[
        list[int] | None, typer.Argument(help="How many activities are there. 10000 100000 by default.")
    ] = None,
    more: Annotated[int, typer.Option(min=20, help="How many are reported then, each with its transactions.")] = 2_000,
    output: Path = Path("build/bench-registry.json"),
) -> None:
    """Measure what one more activity costs a registry that holds many."""
    # Asked to end, it takes its servers down too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    measures = asyncio.run(_measure([Size(size, more, max(10, more // 4)) for size in sizes or (10_000, 100_000)]))
    show(measures)
    write(measures, output)


async def _measure(sizes: list[Size]) -> list[Measure]:
    measures: list[Measure] = []
    costs: list[Measure] = []
    with running_grounds() as grounds:
        for size in sizes:
            typer.echo(f"{size.laid:,} activities …", err=True)
            async with receiving() as collector:
                found = await measure_size(grounds, collector.url, size, os.cpu_count() or 1)
            measures += found
            costs.append(found[0])
            show(found)
    for cost in costs[1:]:
        name = f"{cost.name}-by-{costs[0].name}"
        measures.append(Measure(name, cost.value, costs[0].value, cost.unit, _MOST_GROWTH, lower_is_better=True))
    return measures


if __name__ == "__main__":
    app()
