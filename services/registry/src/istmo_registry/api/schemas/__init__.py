"""The shapes of answers and of what is sent."""
