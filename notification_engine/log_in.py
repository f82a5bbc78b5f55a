"""The admin's log-in, where passwords cannot be guessed without end."""

from __future__ import annotations

from math import ceil

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from notifications.api.rates import Counted, address_of, is_admitted, seconds_left

RATE = "10/min"
"""Attempts from one address, good ones among them. Each hashes a password, which takes up to a second of a core,
whether or not there is such a user."""


def log_in(request: HttpRequest) -> HttpResponse:
    """Django's own, unless the address has used up its attempts."""
    if request.method == "POST":
        counted = Counted(RATE, f"log-in:{address_of(request.META)}")
        if not is_admitted(counted):
            return _too_many(ceil(seconds_left(counted)))
    return admin.site.login(request)


def _too_many(seconds: int) -> HttpResponse:
    """For a person, as are all pages of the admin."""
    return HttpResponse(
        f"Too many attempts to log in; try again in {seconds} s.",
        status=429,
        headers={"Retry-After": str(seconds)},
        content_type="text/plain; charset=utf-8",
    )
