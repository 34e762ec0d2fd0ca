"""`istmo demo`: ten partners report, and the first alerts arrive."""

from istmo.demo.command import register

__all__ = ["register"]
