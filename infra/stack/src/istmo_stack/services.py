"""The table of the platform's processes: one line each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["SERVICES", "Service", "UnknownWorker", "instances", "parse_workers"]


class UnknownWorker(ValueError):
    """A number was asked for a worker that there is none of, or that runs once only."""


@dataclass(frozen=True)
class Service:
    """One kind of process: `python -m <package> <role>`.

    `port` is the preferred HTTP port of an API, None for a worker, of which any number may run side by side.
    `reads` names the settings it is given: a process gets no secret that it has no use for. `sets` are settings of the
    local stack, which the environment overrides.
    """

    name: str
    package: str
    role: str
    port: int | None = None
    reads: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)


_STATE = ("ISTMO_KAFKA", "ISTMO_POSTGRES_URL")
_REGISTRY = (*_STATE, "ISTMO_HANDLE_KEY")
_ADMIN = "ISTMO_ADMIN_KEY_SHA256"
_WEBHOOKS = {"ISTMO_NOTIFY_ALLOW_LOOPBACK": "true"}
"""Webhooks may go to this machine, where somebody who tries the platform has nothing else."""

SERVICES = (
    Service("ingest", "istmo_ingest", "api", 8701, (*_STATE, "ISTMO_REDIS_URL")),
    Service("registry", "istmo_registry", "api", 8702, (*_REGISTRY, _ADMIN)),
    Service("notify", "istmo_notify", "api", 8703, (*_STATE, _ADMIN), _WEBHOOKS),
    Service("fold", "istmo_registry", "fold", reads=_REGISTRY),
    Service("match", "istmo_registry", "match", reads=_REGISTRY),
    Service("resolve", "istmo_registry", "resolve", reads=_REGISTRY),
    Service("relay", "istmo_registry", "relay", reads=_REGISTRY),
    Service("notify-worker", "istmo_notify", "worker", reads=_STATE, sets=_WEBHOOKS),
)


def parse_workers(text: str) -> dict[str, int]:
    """Read `fold=2,match=2`; an empty text means one of each.

    Raises UnknownWorker, whose message names the workers that there are.
    """
    workers = {service.name for service in SERVICES if service.port is None}
    counts = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.strip().partition("=")
        if name not in workers or not number.isdecimal() or not 1 <= int(number) <= 64:
            known = ", ".join(sorted(workers))
            raise UnknownWorker(f"{part!r} is not one of {known}, with = and a number from 1 to 64 behind it")
        counts[name] = int(number)
    return counts


def instances(counts: Mapping[str, int], services: Iterable[Service] = SERVICES) -> Iterator[tuple[str, Service]]:
    """Each process to start, with a name of its own: `ingest`, `fold-1`, `fold-2`, …"""
    for service in services:
        if service.port is not None:
            yield service.name, service
        else:
            for number in range(1, counts.get(service.name, 1) + 1):
                yield f"{service.name}-{number}", service
