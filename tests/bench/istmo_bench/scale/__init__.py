"""The registry at scale: as many activities as asked for, with known truth, and what each more of them costs."""
