"""The pages of a shop: one with a bell, whose attributes are the parameters of the query, and one without."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join

POLICY = "default-src 'self'; style-src 'self'"
PAGE = """<!doctype html>
<html{}>
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Shop</title>
  <script type="module" src="/static/notifications/notification-inbox.js"></script>
</head>
<body>
  <header><h1>Shop</h1><notification-inbox{}>{}</notification-inbox></header>
  <main><p>Kettles, shoes and coffee.</p><button type="button">Buy</button></main>
</body>
</html>"""


def bell(request: HttpRequest) -> HttpResponse:
    """``?user-id=7&theme=dark`` are attributes of the bell, ``?page-lang=ar&page-dir=rtl`` of the page."""
    given = {name: value for name, value in request.GET.items() if not name.startswith(("page-", "slot-"))}
    page = {name[5:]: value for name, value in request.GET.items() if name.startswith("page-")}
    slots = [(name[5:], value) for name, value in request.GET.items() if name.startswith("slot-")]
    body = format_html(
        PAGE,
        _attributes({"lang": "en"} | page),
        _attributes(given),
        format_html_join("", '<span slot="{}">{}</span>', slots),
    )
    return HttpResponse(body, headers={"Content-Security-Policy": POLICY})


def blank(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><title>Blank</title>")


def _attributes(given: dict[str, str]) -> str:
    return format_html_join("", ' {}="{}"', given.items())
