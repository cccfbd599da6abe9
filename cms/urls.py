"""Everything that no other room answers is a page."""

from django.urls import include, path

urlpatterns = [path("", include("wagtail.urls"))]
