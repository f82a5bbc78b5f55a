"""A shop with users, paths and settings of its own; it has never heard of the service."""
