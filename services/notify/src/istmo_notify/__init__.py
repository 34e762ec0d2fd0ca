"""Notify: turns findings and changes into alerts and feeds, each written for its reader, and delivers them."""
