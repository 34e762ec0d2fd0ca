"""The `istmo` command."""
