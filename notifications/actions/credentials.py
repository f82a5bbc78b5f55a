"""From a credential to the caller it proves, and whether it still does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.cache import SessionStore as CacheSession
from django.core.cache import BaseCache, caches
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from notifications.conf import get_options
from notifications.exceptions import NotAuthenticated
from notifications.limits import clean_user_id
from notifications.models import APIKey
from notifications.models.api_key import PREFIX, Scope, digest
from notifications.models.prepared import Prepared, blank

from .access import EVERYTHING, PERMISSIONS, Action, Principal, SessionProof
from .tokens import read_token
from .turns import Turns

SECRET_MAX = 4096
PROBE = "notifications.alive"
"""A name in the cache of the sessions."""


def authenticate_header(header: str) -> Principal:
    """The caller of an ``Authorization`` header; raises NotAuthenticated for anything but a good Bearer."""
    return authenticate_bearer(bearer_of(header))


def bearer_of(header: str) -> str:
    """What an ``Authorization`` header bears; raises NotAuthenticated when it is of another kind."""
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated("Use Authorization: Bearer with an API key or a user token.")
    return secret.strip()


def authenticate_bearer(secret: str) -> Principal:
    """The caller of an API key (``ntf_…``) or a user token (JWT)."""
    if not secret or len(secret) > SECRET_MAX or not secret.isascii():
        raise NotAuthenticated("The credential is malformed.")
    return _read_key(secret) if is_key(secret) else read_token(secret)


def is_key(secret: str) -> bool:
    """Whether it is for the database to say who bears it; a user token proves itself."""
    return secret.startswith(PREFIX)


def authenticate_user(user: Any, session: SessionBase | None) -> Principal | None:
    """The caller of a Django session; None when nobody is logged in."""
    if not user or not user.is_authenticated or not user.is_active:
        return None
    proof = None
    if session is not None and session.session_key:
        proof = SessionProof(session_key=session.session_key, user_pk=user.pk, auth_hash=_auth_hash(user))
    return Principal(
        kind="session", name=f"session:{user.pk}", user_id=_own_inbox(user), rights=_rights(user), session=proof
    )


def authenticate_session_key(session_key: str) -> Principal | None:
    """The caller of a session cookie, where no middleware has read it (sockets). DatabaseError: nobody can say."""
    session = _session_store()(session_key)
    seen = SimpleNamespace(session=_Seen(session.items()))
    principal = authenticate_user(get_user(seen), session)  # type: ignore[arg-type]
    if principal is None and isinstance(session, CacheSession):
        _living_sessions({session_key})  # raises when the cache is away, which is no logging out
    return principal


class _Seen(dict[str, Any]):
    """What a session holds. Django gives one of an older secret a new key, and ends one whose password was changed: a
    request's answer tells the browser, but nothing tells it after a handshake.
    """

    def cycle_key(self) -> None:
        """It stays as it is."""

    flush = cycle_key


def revoked(principals: Collection[Principal]) -> set[Principal]:
    """Those whose API key, session or rights have ended.

    A handful of queries however many are asked about, and the permissions of each staff member among them.
    """
    keys = {principal.api_key_id for principal in principals if principal.api_key_id is not None}
    usable = set(APIKey.objects.usable().filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    sessions = [principal for principal in principals if principal.session is not None]
    alive = _alive(sessions) if sessions else set()
    return {
        principal
        for principal in principals
        if (principal.api_key_id is not None and principal.api_key_id not in usable)
        or (principal.session is not None and principal not in alive)
    }


def _read_key(secret: str) -> Principal:
    found = _turns.answer(digest(secret))
    key = APIKey(**dict(zip(_KEPT, found[0], strict=True))) if found else None
    if key is None or not key.is_usable:
        raise NotAuthenticated("The API key is unknown, expired or revoked.")
    rights = EVERYTHING if Scope.ADMIN in key.scopes else frozenset(Action(scope) for scope in key.scopes)
    expires_at = key.expires_at.timestamp() if key.expires_at else None
    return Principal(kind="api_key", name=f"key:{key.pk}", rights=rights, api_key_id=key.pk, expires_at=expires_at)


def _look(digests: Sequence[str]) -> list[Any]:
    """The rows of keys; other threads that ask at the same time are mostly the same caller."""
    keys = _keys(APIKey.objects.db)
    found = {each: keys.ask(digest=each) for each in set(digests)}
    return [found[each] for each in digests]


_turns = Turns(_look)
_KEPT = ("id", "scopes", "expires_at", "revoked_at")


@cache
def _keys(using: str) -> Prepared:
    secret = blank("digest", APIKey._meta.get_field("digest"))
    return Prepared(APIKey.objects.using(using).filter(digest=secret).order_by().values_list(*_KEPT))


def _own_inbox(user: Any) -> str | None:
    attribute = get_options().SESSION_INBOX
    if attribute is None:
        return None
    try:
        return clean_user_id(getattr(user, attribute))
    except ValidationError:
        return None


def _alive(principals: Collection[Principal]) -> set[Principal]:
    proven = [(principal, principal.session) for principal in principals if principal.session is not None]
    users = get_user_model()._default_manager.in_bulk({proof.user_pk for _principal, proof in proven})
    sessions = _living_sessions({proof.session_key for _principal, proof in proven})
    return {
        principal
        for principal, proof in proven
        if proof.session_key in sessions
        and (user := users.get(proof.user_pk)) is not None
        and user.is_active
        and constant_time_compare(_auth_hash(user), proof.auth_hash)
        and (not principal.rights or principal.rights <= _rights(user))
    }


def _rights(user: Any) -> frozenset[Action]:
    """What a member of the staff may do to every inbox."""
    if not getattr(user, "is_staff", False):
        return frozenset()
    return frozenset(action for action, permission in PERMISSIONS.items() if user.has_perm(permission))


def _living_sessions(keys: Collection[str]) -> set[str]:
    store = _session_store()
    if settings.SESSION_ENGINE.endswith(".db"):
        model: Any = store.get_model_class()  # type: ignore[attr-defined]
        found = model.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
        return set(found.values_list("session_key", flat=True))
    if issubclass(store, CacheSession):
        # Django makes no other keys, and some caches fail on them.
        names = {f"{store.cache_key_prefix}{key}": key for key in keys if key.isascii() and key.isalnum()}
        try:
            found = _cached(caches[settings.SESSION_CACHE_ALIAS], names)
        except Exception as problem:  # of whatever cache; its own load() would take an outage for a session that ended
            raise OperationalError("The cache with the sessions is away.") from problem
        return {names[name] for name in found}
    return {key for key in keys if store(key).load()}  # exists() is always false for signed cookies


def _cached(cache: BaseCache, names: Collection[str]) -> Collection[str]:
    """Those that are there; raises when the cache is away, and when it is and hides it, as memcached's clients do."""
    found = cache.get_many(names)
    if len(found) < len(names):
        cache.set(PROBE, True, timeout=60)
        if not cache.get(PROBE):
            raise ConnectionError("It does not keep what it is given.")
    return found


def _session_store() -> type[SessionBase]:
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return store


def _auth_hash(user: AbstractBaseUser) -> str:
    return user.get_session_auth_hash() if hasattr(user, "get_session_auth_hash") else ""
