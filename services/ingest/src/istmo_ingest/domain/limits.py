"""How much one request may carry."""

from typing import Final

__all__ = ["BATCH_BYTES", "BATCH_EVENTS", "EVENT_BYTES", "FORM_BYTES"]

EVENT_BYTES: Final = 1024 * 1024
"""One event, alone or within a batch."""
BATCH_EVENTS: Final = 500
BATCH_BYTES: Final = 8 * 1024 * 1024
FORM_BYTES: Final = 64 * 1024
"""The body of any other request."""
