"""Pytest fixtures: the real Kafka, PostgreSQL and Valkey, started once for a test run."""
