"""One table, with the index that lists and counts need."""

from django.db import models


class Notification(models.Model):
    user_id = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    identifier = models.CharField(max_length=100)
    is_read = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user_id", "-created_at"], name="inbox_user_created")]

    def __str__(self) -> str:
        return self.title
