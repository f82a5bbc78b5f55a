"""Announcements to everyone: one row, taken in by each inbox once, with its own next numbers and exact counts."""
