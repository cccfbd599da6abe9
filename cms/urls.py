"""Everything that no other room answers is a page."""

from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("_util/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("", include("wagtail.urls")),
]
