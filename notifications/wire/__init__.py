"""The shapes seen outside: what goes over the wire, spelt once."""
