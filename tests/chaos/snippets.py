"""What writers have an outsider do, in Python and straight on the database."""

FRESH = """
from django.db import close_old_connections
close_old_connections()
"""

PYTHON = """
import time
from django.db import close_old_connections, transaction
close_old_connections()
result = None
try:
    with transaction.atomic():
        result = [notify(user, title=key, identifier=identifier, dedupe_key=key, description=text).pk
                  for user in users]
        time.sleep(hold)
        if is_refused:
            raise KeyError("a deliberate rollback")
except KeyError:
    pass
finally:
    close_old_connections()
"""
MANY = """
from django.db import close_old_connections
close_old_connections()
try:
    result = notify_many(users, title=key, identifier=identifier, dedupe_key=key, description=text)
finally:
    close_old_connections()
"""
FLOOD = """
from django.db import close_old_connections
close_old_connections()
try:
    items = [{"user_id": user, "title": key, "identifier": identifier, "dedupe_key": key, "description": text}
             for key in keys]
    ids, _ = create_batch(items)
    Notification.objects.for_user(user).filter(pk__in=ids[::7]).mark_seen()
    result = None
finally:
    close_old_connections()
"""
QUERYSET = """
from django.db import close_old_connections
close_old_connections()
try:
    getattr(Notification.objects.for_user(user).filter(pk__in=ids), verb)()
    result = None
finally:
    close_old_connections()
"""
ANNOUNCE = """
from django.db import close_old_connections
close_old_connections()
try:
    announcement = announce(users, topic=topic, title=key, identifier=identifier)
    result = {"id": announcement.pk, "recipients": announcement.recipients}
finally:
    close_old_connections()
"""
SUBSCRIBING = """
from django.db import close_old_connections, transaction
close_old_connections()
try:
    with transaction.atomic():
        subscribe_many(come, topic)
        for user in gone:
            unsubscribe(user, topic)
    result = None
finally:
    close_old_connections()
"""
TOPIC_REFUSED = """
import time
from django.db import close_old_connections, transaction
close_old_connections()
result = None
try:
    with transaction.atomic():
        announce(topic=topic, title=key, identifier=identifier)
        for user in users:
            unsubscribe(user, topic)
        announce(topic=topic, title=key, identifier=identifier)
        time.sleep(hold)
        raise KeyError("a deliberate rollback")
except KeyError:
    pass
finally:
    close_old_connections()
"""
