"""Logging in, logging out, an order that notifies its customer, and pages with a bell."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse, HttpResponseForbidden
from django.middleware.csrf import get_token
from django.template import engines
from django.views.decorators.csrf import csrf_exempt

from notifications import notify

BELLS = {
    "tag": "{% load notifications %}{% notification_inbox poll_seconds=1 %}",
    "plain": """<script type="module" src="/static/notifications/notification-inbox.js"></script>
<notification-inbox endpoint="/inbox" socket-endpoint="/" poll-seconds="1"></notification-inbox>""",
}


@csrf_exempt
def log_in(request):
    person = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    if person is None:
        return HttpResponseForbidden()
    login(request, person)
    return HttpResponse(get_token(request))


@csrf_exempt
def log_out(request):
    logout(request)
    return HttpResponse()


@csrf_exempt
def order(request):
    notify(request.user, title="Order shipped", identifier="order.shipped", action_url="/orders/7")
    return HttpResponse()


def bell(request, name):
    page = engines["django"].from_string('<!doctype html><html lang="en"><title>Shop</title>' + BELLS[name])
    return HttpResponse(page.render(request=request))
