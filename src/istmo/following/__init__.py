"""`istmo trace`: the way of one report through the platform."""
