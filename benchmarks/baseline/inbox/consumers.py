"""One socket."""

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from .models import Notification
from .serializers import NotificationSerializer


class InboxConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        self.user_id = self.scope["url_route"]["kwargs"]["user_id"]
        await self.channel_layer.group_add(f"user.{self.user_id}", self.channel_name)
        await self.accept()
        if self.scope["query_string"] == b"unread=1":
            await self.send_json({"type": "unread", "notifications": await self.unread()})

    async def disconnect(self, code):
        await self.channel_layer.group_discard(f"user.{self.user_id}", self.channel_name)

    async def notify(self, event):
        await self.send_json({"type": "notification", **event["notification"]})

    @database_sync_to_async
    def unread(self):
        rows = Notification.objects.filter(user_id=self.user_id, is_read=False)[:50]
        return NotificationSerializer(rows, many=True).data
