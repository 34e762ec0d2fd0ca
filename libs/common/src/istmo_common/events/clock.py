"""Time, which enters as an event."""

from istmo_common.events.values import Day, Statement

__all__ = ["DayClosed"]


class DayClosed(Statement):
    """`day.closed`: nothing recorded from now on belongs to `day` (UTC) or to a day before it."""

    day: Day
