"""The HTTP interface: subscriptions, feeds, stored alerts, and what operators ask."""
