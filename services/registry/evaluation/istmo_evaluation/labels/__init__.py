"""The labelled set: its sources in short form, their expansion to payloads, and the reading of both."""
