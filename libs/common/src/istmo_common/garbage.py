"""Garbage collection as it suits the platform's processes."""

import gc

__all__ = ["collect_rarely"]


def collect_rarely() -> None:
    """Have Python look for cyclic garbage seldom, and never among what a process begins with.

    What is read of reports and partners is kept in memory and has no cycles. Looking through all of it as often as
    Python does by itself made resolving take up to three times as long, and weighs on every POST.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
