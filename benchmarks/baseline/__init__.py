"""The baseline: the application that anyone would write in an hour, on the best set-up it can have.

A model, a ``ModelViewSet``, ``post_save`` that sends to a group, one ``AsyncJsonWebsocketConsumer`` per socket. It has
no authentication, no numbering, no counters, no rate limits: each would make it slower.
"""
