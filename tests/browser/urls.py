"""Every path of the service, and the pages of a shop."""

from django.urls import path

from notification_engine.urls import (  # noqa: F401 - Django finds handlers by name
    handler400,
    handler403,
    handler404,
    handler500,
    urlpatterns,
)
from tests.browser.pages import bell, blank

urlpatterns = [path("bell", bell), path("blank", blank), *urlpatterns]
