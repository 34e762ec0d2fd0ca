"""The registry's stages under a scheduler: several at once on real PostgreSQL, stopped between any two statements."""
