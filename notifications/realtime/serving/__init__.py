"""The production server: processes that share one listening socket, and say goodbye before they stop.

Nothing here imports models: a worker loads the ASGI application, and with it Django, when it runs.
"""
