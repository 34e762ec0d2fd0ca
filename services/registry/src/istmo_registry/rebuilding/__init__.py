"""Rebuilding: the log folded from its start beside the live tables, compared with them, put in their place."""
