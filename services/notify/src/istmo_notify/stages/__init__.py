"""The stages of notify: intake (log to lists and alerts), delivery (lists to endpoints), relay (outbox to log)."""
