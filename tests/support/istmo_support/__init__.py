"""What tests across services share: a running platform, a collector of traces, a receiver of webhooks."""
