"""The events of the platform: CloudEvents 1.0 with typed payloads, one file per kind."""
