"""The load: HTTP by a bare keep-alive client, sockets by picows, both on uvloop in one process."""
