"""Addresses: only includes; each room owns its own."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.conf.urls.static import static
from django.urls import include, path

from fablab import views
from fablab.api import api

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("gestion/", include("cms.gestion_urls")),
    path("documents/", include("wagtail.documents.urls")),
    path("", include("booking.feed_urls")),
    path("", include("workshops.feed_urls")),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    *i18n_patterns(
        path("styleguide/", views.styleguide, name="styleguide"),
        path("", include("members.urls")),
        path("", include("machines.urls")),
        path("", include("booking.urls")),
        path("", include("workshops.urls")),
        path("", include("desk.urls")),
        path("", include("cms.urls")),
        prefix_default_language=False,
    ),
]

handler404 = "fablab.views.not_found"
handler500 = "fablab.views.server_error"
