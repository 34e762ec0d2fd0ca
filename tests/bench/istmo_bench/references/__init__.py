"""The bare forms: what a measure of the platform is divided by. Each is the least code that does the job at all."""
