"""All SQL of ingest, with the migrations beside it."""
