"""REST: everything that a ModelViewSet does, and the number of unread ones."""

from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from .models import Notification
from .serializers import NotificationSerializer


class NotificationViewSet(ModelViewSet):
    serializer_class = NotificationSerializer

    def get_queryset(self):
        rows = Notification.objects.all()
        user_id = self.request.query_params.get("user_id")
        return rows.filter(user_id=user_id) if user_id else rows

    @action(detail=False)
    def counts(self, request):
        return Response({"unread": self.get_queryset().filter(is_read=False).count()})
