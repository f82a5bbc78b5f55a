"""The migrations of the shop's users."""
