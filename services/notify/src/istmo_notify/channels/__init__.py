"""The ways to a reader: webhooks and server-sent events."""
