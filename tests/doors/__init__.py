"""Every way in takes a number and is told once."""
