"""`istmo import`: an IATI file into the platform, through the interface that every partner uses."""
