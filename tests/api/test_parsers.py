"""Reading a body, whatever the client says of its length."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest

from notifications.api.parsers import read_body
from notifications.wire.problems import Refused


class Counted(BytesIO):
    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        got = super().read(size)
        self.taken += len(got)
        return got


def chunked(body: bytes, **headers: str) -> tuple[ASGIRequest, Counted]:
    """A request that does not declare its length, as chunked ones do not."""
    stream = Counted(body)
    names: Any = {"content-type": "application/json"} | headers
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in names.items()]
    scope = {"type": "http", "method": "POST", "path": "/notifications/", "query_string": b"", "headers": pairs}
    return ASGIRequest(scope, stream), stream


def test_a_body_without_a_length_is_read() -> None:
    assert read_body(chunked(b'{"a": 1}')[0]) == b'{"a": 1}'


def test_a_body_without_a_length_is_read_no_further_than_the_limit() -> None:
    request, stream = chunked(b" " * 5000)
    with pytest.raises(Refused) as refused:
        read_body(request, maximum=100)
    assert refused.value.problem.status == 413
    assert stream.taken == 101


@pytest.mark.parametrize("length", ["101", "99999999999999999999", "9" * 5000])
def test_a_declared_length_is_believed_before_a_byte_is_read(length: str) -> None:
    request, stream = chunked(b"{}", content_length=length)
    with pytest.raises(Refused) as refused:
        read_body(request, maximum=100)
    assert refused.value.problem.status == 413
    assert stream.taken == 0


@pytest.mark.parametrize("length", ["", "-5", "x", "00002", "²"])
def test_an_odd_length_is_not_believed(length: str) -> None:
    assert read_body(chunked(b"{}", content_length=length)[0], maximum=100) == b"{}"


def test_a_body_without_a_type_is_refused() -> None:
    with pytest.raises(Exception, match="Unsupported"):
        read_body(chunked(b"{}", content_type="")[0])
