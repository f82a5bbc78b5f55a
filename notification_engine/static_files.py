"""Static files under ASGI."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise with each file read whole: Django's ASGI handler would read it whole as well, and warn about it."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:  # type: ignore[override]
        streamed = WhiteNoiseMiddleware.serve(static_file, request)
        try:
            answer = HttpResponse(b"".join(streamed.streaming_content), status=streamed.status_code)
        finally:
            streamed.close()
        del answer["Content-Type"]  # a 304 has none
        for name, value in streamed.items():
            answer[name] = value
        return answer
