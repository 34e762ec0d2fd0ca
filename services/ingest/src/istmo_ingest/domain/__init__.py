"""What ingest decides, as plain values and functions: nothing here opens a connection or reads a clock."""
