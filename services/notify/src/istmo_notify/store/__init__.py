"""Notify's tables: all of its SQL, by what the tables hold."""
