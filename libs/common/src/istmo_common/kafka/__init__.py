"""Kafka done once for every service: topics, producer, consumer, positions, dead letters, trace context."""
