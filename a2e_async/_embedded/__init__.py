"""A PostgreSQL that is started when asked for, and stopped after its last user: for trying things out."""
