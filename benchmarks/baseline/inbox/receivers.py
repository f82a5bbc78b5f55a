"""Telling the user's sockets of what was saved."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import Notification
from .serializers import NotificationSerializer


@receiver(post_save, sender=Notification)
def tell(instance, **_):
    message = {"type": "notify", "notification": NotificationSerializer(instance).data}
    async_to_sync(get_channel_layer().group_send)(f"user.{instance.user_id}", message)
