"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

schema_view = SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[])
docs_view = SpectacularSwaggerSplitView.as_view(url_name="schema", authentication_classes=[], permission_classes=[])
