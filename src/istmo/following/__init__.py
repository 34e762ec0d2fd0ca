"""`istmo trace`: the way of one report through the platform."""

from istmo.following.command import register

__all__ = ["register"]
