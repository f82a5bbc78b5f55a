"""The shop's paths; the inbox hangs where the shop wants it."""

from django.urls import include, path

from shop import views

urlpatterns = [
    path("login", views.log_in),
    path("logout", views.log_out),
    path("order", views.order),
    path("inbox/", include("notifications.urls")),
]
