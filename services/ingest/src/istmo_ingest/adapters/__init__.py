"""What ingest keeps outside itself: accepted ids in Redis, imports in PostgreSQL. (The log is istmo_common's.)"""
