"""`istmo organisations`: the directory as partners and the desk read and keep it."""
