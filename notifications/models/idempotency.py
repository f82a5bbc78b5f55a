"""The first answer to each Idempotency-Key, so that a retry gets it again."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import limits

KEPT = timedelta(hours=24)
ABANDONED = timedelta(seconds=60)
"""A request that has been running longer than this died; the key may be claimed again."""


class IdempotencyRecord(models.Model):
    """``status`` is null while the request runs. The answer is written in the transaction of the work itself."""

    credential = models.CharField(max_length=300)
    key = models.CharField(max_length=limits.IDEMPOTENCY_KEY_MAX)
    body_digest = models.CharField(max_length=64)
    claim = models.CharField(max_length=32)
    claimed_at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(default="")
    user_id = models.CharField(
        max_length=limits.USER_ID_MAX, default="", db_default="", help_text=_("Whose notification the answer holds.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "key"], name="idempotency_key_once"),
        ]
        indexes = [models.Index(fields=["user_id"], condition=~models.Q(user_id=""), name="idempotency_user")]

    def __str__(self) -> str:
        return f"{self.credential} {self.key}"

    @property
    def is_stale(self) -> bool:
        """Past its 24 hours, or claimed by a request that died."""
        age = timezone.now() - self.claimed_at
        return age > KEPT or (self.status is None and age > ABANDONED)
