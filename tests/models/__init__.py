"""Numbers, counters and guards of the tables, on SQLite and on PostgreSQL."""
