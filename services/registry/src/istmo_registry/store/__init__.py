"""All SQL of the registry, by table family, with the migrations beside it."""
