"""What notify decides, as plain values and functions: who is told what, in which words, and when again."""
