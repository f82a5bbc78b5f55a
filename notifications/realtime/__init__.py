"""Sockets: the only room that imports channels.

One hub per process (and event loop) knows the connections by user. A commit is heard there at once if this process
made it, through the channel layer if another did, and from the sweep if both were lost. A hint that continues what a
connection was last sent is passed on as it is; anything else makes its pump read the database after its cursor. The
database is the only queue, so a lost, late or doubled hint costs time and never a notification.

A connection subscribes first and reads second. It keeps its user's id, never the user object.
"""
