"""Minting tokens."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import extend_schema

from notifications.wire import serializers as shapes

from .examples import answered, asked
from .operations import Operations
from .problems import BODY, problems

OPERATIONS: Final[Operations] = {
    "create": extend_schema(
        operation_id="mint_token",
        summary="Mint a user token for a browser or an app",
        description="Without a token key it is 503, and no Retry-After says when that will change.",
        tags=["tokens"],
        request=shapes.TokenRequestSerializer,
        responses={201: shapes.TokenSerializer, **problems(*BODY)},
        examples=[
            asked({"user_id": 123, "ttl_seconds": 3600}),
            answered({"token": "eyJhbGciOi…", "expires_at": "2026-11-22T11:00:00.000000Z"}, "201"),
        ],
    ),
}
