"""Topics: who is subscribed, and what is announced to whoever is."""
