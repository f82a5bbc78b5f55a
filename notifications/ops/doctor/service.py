"""What stands around the database: settings, origins, proxies, keys, the channel layer, the cache."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from time import monotonic
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.cache import cache

from notifications.actions.tokens import mint_token, read_token
from notifications.conf import get_options
from notifications.limits import is_origin
from notifications.realtime.subscription import shared_layer

from .findings import Finding, ok, problem, warning

LAYER_SECONDS = 3


def system_checks() -> Iterator[Finding]:
    """Django's checks and ours; outside of DEBUG those for deployment, too."""
    messages = checks.run_checks(include_deployment_checks=not settings.DEBUG, databases=["default"])
    told = [message for message in messages if message.level >= checks.WARNING and not message.is_silenced()]
    for message in told:
        report = problem if message.level >= checks.ERROR else warning
        yield report("settings", f"{message.msg} ({message.id})", fix=message.hint or "docs/settings.md tells more.")
    if not told:
        yield ok("settings", "`manage.py check` has nothing to say")


def origins() -> Iterator[Finding]:
    options = get_options()
    bad = [origin for origin in options.ALLOWED_ORIGINS if not is_origin(origin)]
    for origin in bad:
        fix = "Write scheme, host and port as browsers send them: https://app.example.com."
        yield problem("origins", f"{origin!r} in ALLOWED_ORIGINS can match no browser", fix=fix)
    plain = [origin for origin in options.ALLOWED_ORIGINS if origin.startswith("http://") and not settings.DEBUG]
    for origin in plain:
        fix = "Use https://, or name it in development only."
        yield warning("origins", f"{origin} is allowed to connect without TLS", fix=fix)
    if "*" in settings.ALLOWED_HOSTS:
        fix = "Name the hosts: any site's own name could otherwise be pointed here."
        yield problem("origins", "ALLOWED_HOSTS holds *", fix=fix)
    elif not bad and not plain:
        others = ", ".join(options.ALLOWED_ORIGINS) or "none"
        yield ok("origins", f"sockets from the same origin; others allowed: {others}")
    if options.DEV_OPEN and settings.DEBUG:
        fix = "Use the production settings for anything but a laptop."
        yield warning("development", "open to this machine without a credential (DEV_OPEN)", fix=fix)


def proxies() -> Iterator[Finding]:
    """Who is wrong here takes every caller for one address, or an https page for another origin."""
    number, header = get_options().TRUSTED_PROXIES, settings.SECURE_PROXY_SSL_HEADER
    if number and not header:
        fix = 'Set SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https"), and have the proxy set that header.'
        yield warning("proxy", "proxies are trusted, but not with the scheme: https pages look like others", fix=fix)
    elif header and not number:
        fix = "Set NOTIFICATIONS_TRUSTED_PROXIES to how many proxies append to X-Forwarded-For."
        yield warning("proxy", "a proxy tells the scheme, but all its callers count as one address", fix=fix)
    else:
        yield ok("proxy", f"{number} trusted" if number else "none is trusted: X-Forwarded-For is not read")


def token_keys() -> Iterator[Finding]:
    options = get_options()
    if not options.TOKEN_KEYS:
        if options.SESSION_INBOX is None:
            fix = "Set NOTIFICATIONS_TOKEN_KEYS=kid:secret (32 bytes or more)."
            yield warning("tokens", "no token key, and sessions have no inbox: no browser can connect", fix=fix)
        else:
            yield ok("tokens", "no token key: users come with sessions only")
        return
    token, _ = mint_token("doctor", 60)
    read_token(token)
    yield ok("tokens", f"{', '.join(options.TOKEN_KEYS)}: minted and read a user token")


def channel_layer() -> Iterator[Finding]:
    layer = shared_layer()
    if layer is None:
        yield ok("channel layer", "embedded: other processes are heard through the database")
        return
    name = type(layer).__name__
    asked = monotonic()
    try:
        asyncio.run(_round_trip(layer))
    except Exception as cause:
        detail = f"{name} does not bring what is sent: {type(cause).__name__} {cause}".rstrip()
        fix = (
            "Is Redis running, and REDIS_URL right? Until then notifications arrive through the sweep, a little later."
        )
        yield problem("channel layer", detail, fix=fix)
    else:
        yield ok("channel layer", f"{name} brought a message to a group in {(monotonic() - asked) * 1000:.1f} ms")


def the_cache() -> Iterator[Finding]:
    key, value = f"notifications:doctor:{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(key, value, 60)
    if cache.get(key) == value:
        cache.delete(key)
        yield ok("cache", "keeps what it is given")
    else:
        fix = "Look at CACHES: rate limits are counted there, and without it there are none."
        yield warning("cache", "it forgets what it is given", fix=fix)


async def _round_trip(layer: Any) -> None:
    """What the hub does: a channel in a group hears what is sent to the group."""
    group, nonce = f"notifications.doctor.{secrets.token_hex(8)}", secrets.token_hex(8)
    async with asyncio.timeout(LAYER_SECONDS):
        channel = await layer.new_channel()
        await layer.group_add(group, channel)
        await layer.group_send(group, {"type": "doctor", "nonce": nonce})
        message = await layer.receive(channel)
        await layer.group_discard(group, channel)
    if message.get("nonce") != nonce:
        raise ValueError("another message came")
