"""The four stages. Each is a generator that yields its statements, so that a test may pause it between any two."""
