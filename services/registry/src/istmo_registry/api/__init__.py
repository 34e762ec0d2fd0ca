"""The HTTP interface: queries composed for their reader, and the tables that operators keep."""
