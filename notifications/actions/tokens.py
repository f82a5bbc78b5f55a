"""User tokens: short-lived JWTs by which a browser proves whose inbox is its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache

import jwt
from django.core.exceptions import ImproperlyConfigured, ValidationError

from notifications.conf import get_options
from notifications.exceptions import NotAuthenticated
from notifications.limits import MAX_SAFE_INTEGER, TOKEN_TTL_MAX, clean_user_id, user_id_to_json

from .access import Principal

ALGORITHM = "HS256"
AUDIENCE = "notifications"
CLOCK_SKEW_SECONDS = 60
"""How far ahead the issuer's clock may be; never added to ``exp``."""
REMEMBERED = 4096
"""Tokens whose proof is kept: a browser sends its own with each request, and when its socket comes back."""


def mint_token(user_id: str, ttl_seconds: int) -> tuple[str, datetime]:
    """A token for a stored user_id, and when it ends; signed with the first key."""
    keys = get_options().TOKEN_KEYS
    if not keys:
        raise ImproperlyConfigured("No token key: set NOTIFICATIONS_TOKEN_KEYS=kid:secret (at least 32 bytes).")
    kid, secret = next(iter(keys.items()))
    now = int(time.time())
    expires = now + ttl_seconds
    claims = {"sub": user_id, "aud": AUDIENCE, "iat": now, "exp": expires}
    token = jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": kid})
    return token, datetime.fromtimestamp(expires, UTC)


def read_token(token: str) -> Principal:
    """The user a token speaks for; raises NotAuthenticated."""
    principal = _verify(token, tuple(get_options().TOKEN_KEYS.items()))
    if principal.expires_at is not None and principal.expires_at <= time.time():
        raise NotAuthenticated("The user token has expired.")
    return principal


@lru_cache(maxsize=REMEMBERED)
def _verify(token: str, keys: tuple[tuple[str, str], ...]) -> Principal:
    """What the keys (kid, secret) prove stays proven until it ends; what they do not is looked at each time."""
    for kid, secret in keys:
        try:
            proven = jwt.decode_complete(
                token,
                secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "aud", "iat", "exp"], "verify_iat": False},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("The user token has expired.") from None
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError):
            break
        if proven["header"].get("kid", kid) == kid:  # the key it names, or any when it names none
            return _principal(proven["payload"])
    raise NotAuthenticated("The user token is not valid.")


def _principal(claims: dict[str, object]) -> Principal:
    issued, expires = claims["iat"], claims["exp"]
    if not (_is_number(issued) and _is_number(expires)):
        raise NotAuthenticated("iat and exp of a user token are numbers of seconds.")
    if issued > time.time() + CLOCK_SKEW_SECONDS:  # type: ignore[operator]
        raise NotAuthenticated("The user token is not valid yet.")
    if expires - issued > TOKEN_TTL_MAX:  # type: ignore[operator]
        raise NotAuthenticated("A user token lasts 24 hours at most.")
    try:
        user_id = clean_user_id(claims["sub"])
    except ValidationError:
        raise NotAuthenticated("sub of a user token is the user_id as a string.") from None
    name = f"user:{user_id_to_json(user_id)}"
    return Principal(kind="token", name=name, user_id=user_id, expires_at=float(expires))  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    # NaN and the infinities, which JSON in Python may hold, are not below the bound.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_SAFE_INTEGER
