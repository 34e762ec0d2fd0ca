"""Ingest: validates reports, makes them idempotent, publishes and acknowledges them."""
