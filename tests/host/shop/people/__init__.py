"""The people who shop here."""
