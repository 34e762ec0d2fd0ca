"""`istmo demo`: ten partners report, and the first alerts arrive."""
