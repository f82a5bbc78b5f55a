"""Verbs over several tables or a policy: one function, one transaction."""
