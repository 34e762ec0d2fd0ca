"""How fast the platform is, each time against the barest thing that does the same job, in the same run."""
