"""The admin: what operators see and do, and what it costs."""
