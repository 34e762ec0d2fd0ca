"""Faults on the real platform: what was asked and told meanwhile is written down, and checked afterwards."""
