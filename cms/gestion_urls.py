"""The back office: Wagtail's admin and the screens hooked into it (cms/wagtail_hooks.py)."""

from django.urls import include, path

urlpatterns = [path("", include("wagtail.admin.urls"))]
