"""A registry for tests of its API: real tables, the real stages, no log between them."""
