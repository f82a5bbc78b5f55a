"""The routes of HTTP."""

from rest_framework.routers import DefaultRouter

from benchmarks.baseline.inbox.views import NotificationViewSet

router = DefaultRouter()
router.register("notifications", NotificationViewSet, basename="notification")
urlpatterns = router.urls
