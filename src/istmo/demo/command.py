"""`istmo demo`: the command."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from istmo.demo.listening import PublicStream, Receiver
from istmo.demo.posting import PartnerClient
from istmo.demo.samples import Samples, Told
from istmo.options import DATA, DataOption, fail, running_stack, say, tell
from istmo_stack.admin import AdminClient, NewPartner
from istmo_stack.errors import CallFailed
from istmo_stack.folder import Addresses, DataFolder, write_private
from istmo_stack.progress import wait_for_rest

__all__ = ["demo"]

_TIMEOUT_SECONDS = 120.0


def demo(data: DataOption = DATA) -> None:
    """Load ten sample partners and their reports, and show every alert as it arrives.

    Exits 1 unless exactly the alerts arrive that were planted in the samples. Loaded once, it shows what is stored.
    """
    folder, addresses = running_stack(data)
    try:
        samples = Samples.load()
        keys = _known_keys(folder, samples)
        if keys is not None:
            say("Already loaded. The alerts that stand:")
            arrived = _stored(addresses, keys)
        else:
            arrived = _load(folder, addresses, samples)
    except FileNotFoundError as error:
        fail(f"The samples are not beside the command: {error.filename}")
    except (httpx.HTTPError, CallFailed) as error:
        fail(f"The demo could not go on: {error}")
    _conclude(addresses, samples, arrived)


def _load(folder: DataFolder, addresses: Addresses, samples: Samples) -> set[Told]:
    keys = {name: _add_partner(folder, addresses, name, partner) for name, partner in samples.partners.items()}
    arrived: set[Told] = set()

    def deliver(partner: str, item: dict[str, Any]) -> None:
        if item["type"] != "alert.cleared":
            arrived.add(_show(partner, item["data"]))

    receiver, stream = Receiver(deliver), PublicStream(addresses.notify)
    with receiver.running(), stream.running(), ExitStack() as clients:
        by_partner = {name: clients.enter_context(PartnerClient.open(addresses, key)) for name, key in keys.items()}
        for name, client in by_partner.items():
            subscription, receiver.secrets[name] = client.subscribe(f"{receiver.url}/{name}")
            clients.callback(client.unsubscribe, subscription)
        for name, events in samples.reports.items():
            refused = [each for each in by_partner[name].report(events) if each["status"] != "accepted"]
            if refused:
                fail(f"{len(refused)} sample reports of {name} were not accepted, the first: {refused[0]}")
        tell(f"{sum(map(len, samples.reports.values()))} reports of {len(keys)} partners are posted.", style="dim")
        left = wait_for_rest(addresses, AdminClient(folder.admin_key_file), timeout_seconds=_TIMEOUT_SECONDS)
        if left.waiting_for or left.parked:
            fail("\n".join(["The platform did not come to rest:", *left.waiting_for, *map(str, left.parked)]))
        _wait_for(samples.expected, arrived)
    gap = "without a gap" if stream.without_gap else "WITH A GAP"
    say(f"The public stream told {len(stream.numbers)} changes of programmes, {gap}.")
    return arrived


def _add_partner(folder: DataFolder, addresses: Addresses, name: str, partner: NewPartner) -> str:
    admin = AdminClient(folder.admin_key_file)
    key = admin.add_partner(addresses.registry, partner)
    admin.wait_until_known(addresses, key)
    path = _key_file(folder, name)
    path.parent.mkdir(exist_ok=True)
    write_private(path, key + "\n")
    return key


def _known_keys(folder: DataFolder, samples: Samples) -> dict[str, str] | None:
    """The partners' keys, or None unless all were added before."""
    files = {name: _key_file(folder, name) for name in samples.partners}
    if not all(path.exists() for path in files.values()):
        return None
    return {name: path.read_text().strip() for name, path in files.items()}


def _key_file(folder: DataFolder, partner: str) -> Path:
    return folder.root / "partners" / f"{partner}.key"


def _stored(addresses: Addresses, keys: dict[str, str]) -> set[Told]:
    stored: set[Told] = set()
    for name, key in keys.items():
        with PartnerClient.open(addresses, key) as client:
            stored |= {_show(name, alert) for alert in client.alerts()}
    return stored


def _wait_for(expected: Iterable[Told], arrived: set[Told]) -> None:
    """Webhooks are on their way when notify has stored them: give the last ones their time."""
    deadline = time.monotonic() + 15
    while not set(expected) <= arrived and time.monotonic() < deadline:
        time.sleep(0.1)


def _show(partner: str, alert: dict[str, Any]) -> Told:
    titles = "  |  ".join(f"«{side['title']}»" for side in alert["sides"])
    reason = alert["reasons"][0] if alert["reasons"] else alert["summary"]
    say(f"{partner:<15} {alert['kind']:<19} {titles}\n{'':<15} {reason}", markup=False)
    activities = ((side["reporter"], activity) for side in alert["sides"] for activity in side["activities"])
    return Told(partner, alert["kind"], frozenset(activities))


def _conclude(addresses: Addresses, samples: Samples, arrived: set[Told]) -> None:
    say(f"\n{len(arrived)} alerts; {len(samples.expected)} were planted.")
    for name in ("ingest", "registry", "notify"):
        say(f"{name:<9} {getattr(addresses, name)}", markup=False)
    missing, unplanted = samples.expected - arrived, arrived - samples.expected
    lines = [f"missing: {each}" for each in missing] + [f"not planted: {each}" for each in unplanted]
    if lines:
        fail("\n".join(sorted(lines)))
