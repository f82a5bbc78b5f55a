"""The shape of a notification."""

from rest_framework import serializers

from .models import Notification


class NotificationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Notification
        fields = ["id", "user_id", "title", "description", "identifier", "is_read", "created_at"]
