"""A back end's credential: a random secret of which only the SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PREFIX = "ntf_"


class Scope(models.TextChoices):
    CREATE = "create", _("create notifications")
    READ = "read", _("read every inbox")
    UPDATE = "update", _("change notifications")
    TOKENS = "tokens", _("mint user tokens")
    ADMIN = "admin", _("everything")


def digest(secret: str) -> str:
    """SHA-256 in hex. The secret has 256 random bits, so it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class APIKeyQuerySet(models.QuerySet["APIKey"]):
    def usable(self) -> APIKeyQuerySet:
        """Neither revoked nor expired."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True)


class APIKeyManager(models.Manager.from_queryset(APIKeyQuerySet)):  # type: ignore[misc]
    def issue(self, name: str, *, scopes: Iterable[str], expires_at: datetime | None = None) -> tuple[APIKey, str]:
        """A new key and its secret, which is told this once."""
        key = self.model(name=name, scopes=sorted(set(scopes)), expires_at=expires_at)
        secret = key.renew_secret()
        key.full_clean()
        key.save(using=self.db)
        return key, secret


def check_scopes(scopes: object) -> None:
    """Raises ValidationError unless it is a list of known scopes, with at least one."""
    if not isinstance(scopes, list) or not scopes or not all(scope in Scope.values for scope in scopes):
        raise ValidationError(_("Choose from: %s.") % ", ".join(Scope.values), code="invalid")


class APIKey(models.Model):
    """``Authorization: Bearer ntf_…``; ``scopes`` is a list of ``Scope`` values, ``admin`` being all of them."""

    name = models.CharField(_("name"), max_length=100, help_text=_("Who uses it, for you to recognise it."))
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list, validators=[check_scopes])
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), blank=True, null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = APIKeyManager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    def renew_secret(self) -> str:
        """Make a secret, keep its digest, and hand it out."""
        secret = PREFIX + secrets.token_urlsafe(32)
        self.prefix, self.digest = secret[:10], digest(secret)
        return secret

    def revoke(self) -> None:
        """No request and no socket may use it any more; doing it twice keeps the first time."""
        if self.revoked_at is None:
            self.revoked_at = timezone.now()
            self.save(update_fields=["revoked_at"])
