"""Backup and restore of a stack: one file that holds Kafka's log, PostgreSQL's tables and the secrets together."""
