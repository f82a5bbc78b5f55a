"""Where a link may lead."""

import pytest

from notifications.limits import is_origin

from .trial import MINIMAL, clean, codes

URL_2000 = "https://example.com/".ljust(2000, "x")


@pytest.mark.parametrize(
    "url",
    [
        *("/", "/orders/7", "/a//b", "/search?q=a@b#c", "/ünï", "/http://x"),
        *("http://example.com", "HTTPS://Example.COM/x", "https://h?q=1", "https://h#f", "http://localhost:8000/a"),
        *("http://127.0.0.1:0/", "http://h:65535", "http://h:/x", "http://[::1]:8000/x", "http://[::ffff:1.2.3.4]"),
        *("https://müller.example/x", "https://例え.jp", "https://h/a@b", "https://h/?mail=a@b", "http://a_b.c-d"),
        URL_2000,
    ],
)
def test_an_action_url_is_kept_as_it_is(url: str) -> None:
    assert clean("action_url", url) == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "blank"),
        (URL_2000 + "x", "max_length"),
        ("/" * 2 + "x" * 1999, "max_length"),
        *(
            (url, "invalid")
            for url in [
                *("//evil.com", "///evil.com", "/\\evil.com", "\\\\evil.com", "/a\\b", "orders/7", "?q", "#f", "x"),
                *("http://a@evil.com", "http://a:b@evil.com", "http://@evil.com", "https://good.com@evil.com/x"),
                *("http:///x", "http://", "http:", "https:evil.com", "http:/x", "http://:80", "http://?x", "http://#x"),
                *("javascript:alert(1)", "JaVaScRiPt://h/%0aalert(1)", "data:text/html,x", "ftp://h", "file:///x"),
                *(" http://h", "http://h ", "ht\ttp://h", "http://h/a b", "http://h/\n", "/a b", "/a\tb", "/\n/x"),
                *("\x00http://h", "\x1fhttp://h", "/a\x7f", "/a\x85b", "/a\u00a0b", "/a\u2028b", "\ufeffhttp://h"),
                *("http://[::1", "http://::1]", "http://[]", "http://[zz]", "http://[::1]x", "http://[::1%25eth0]"),
                *("http://[1.2.3.4]", "http://[v1.a]", "http://h:99999", "http://h:65536", "http://h:-1", "http://h:x"),
                *(
                    "http://h:\uff18\uff10",
                    "http://h:1:2",
                    "http://a%40evil.com",
                    "http://a%00b",
                    "http://h\\@evil.com",
                ),
                *("http://evil.com\uff0f@x", "http://good\uff20evil.com", "http://a\u2100b", "http://<b>", "http://.h"),
                *("http://a|b", 'http://a"b', "http://a^b", "http://\u00ad", "http://a\u202eb", "http\u017f://h"),
            ]
        ),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_bad_action_url_is_refused(url: str, code: str) -> None:
    assert codes({**MINIMAL, "action_url": url}) == {"action_url": [code]}


@pytest.mark.parametrize(
    "origin",
    [
        *("https://app.example.com", "http://app.example.com", "https://app.example.com:8443", "http://localhost:5173"),
        *("http://127.0.0.1:8000", "http://[::1]:8000", "http://example.com:443", "https://xn--mller-kva.example"),
        *("capacitor://localhost", "chrome-extension://abcdefgh"),
    ],
)
def test_an_origin_is_what_browsers_send(origin: str) -> None:
    assert is_origin(origin)


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "",
            "*",
            "null",
            "app.example.com",
            "ftp://a.example",
            "wss://a.example",
            "https:app.example.com",
            "https://",
            "http://:1",
        ),
        *("https://app.example.com/", "https://app.example.com/x", "https://app.example.com?x", "https://a.example#x"),
        *("https://*.example.com", "https://user@app.example.com", "https://app.example.com@evil.example"),
        *("https://App.example.com", "HTTPS://app.example.com", "https://müller.example", "https://app.example.com\n"),
        *("https://app.example.com:", "https://app.example.com:port", "https://app.example.com:65536", "http://h:08"),
        *("https://app.example.com:443", "http://app.example.com:80", "http://[::1", "http://[zz]", "http://[:::]"),
    ],
)
def test_what_no_browser_sends_is_no_origin(origin: str) -> None:
    assert not is_origin(origin)
