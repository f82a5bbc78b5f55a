"""The commands: what they do, print, and exit with."""
