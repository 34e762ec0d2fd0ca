"""The contract of the platform: events, codelists, disclosure, Kafka and telemetry set-up."""
