"""Which requests must name a host this service answers for."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

OPERATORS_PATH = re.compile(r"/(healthz|readyz|metrics)/?")
"""What probes and scrapers ask, by whatever name or address they reach this process. The answers are made of no
header; the numbers need a credential, and a browser that was led here by a foreign name brings no cookie of ours."""


class HostsMiddleware(CommonMiddleware):
    """Django's own, which refuses an unknown Host, for all other paths."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if OPERATORS_PATH.fullmatch(request.path_info) else super().process_request(request)
