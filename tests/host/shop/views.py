"""Logging in, logging out, and an order that notifies its customer."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse, HttpResponseForbidden
from django.middleware.csrf import get_token
from django.views.decorators.csrf import csrf_exempt

from notifications import notify


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
