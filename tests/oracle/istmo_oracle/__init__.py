"""The registry's rules a second time, plainly and slowly, for tests to compare with.

`fold(events, handle_key)` gives the lines of the export of an event set. It shares with the registry what reads and
compares two activities (features, blocking, scoring) and nothing else.
"""

from istmo_oracle.fold import fold

__all__ = ["fold"]
