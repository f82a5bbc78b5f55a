"""Sessions, the hub and the consumer without a server: only the wire is a stand-in."""
