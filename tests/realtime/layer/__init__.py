"""The channel layer between processes: it brings hints, and its loss costs only time."""
