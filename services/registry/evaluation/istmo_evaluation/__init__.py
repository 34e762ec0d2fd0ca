"""How good the matching is: a labelled set written for it, metrics, baselines, and the report of `make evaluate`."""
