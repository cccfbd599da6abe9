"""The back office: Wagtail's admin and the screens hooked into it (cms/wagtail_hooks.py)."""

from django.urls import include, path
from wagtail.utils.urlpatterns import decorate_urlpatterns

from cms.gestion.rights import staff_only

urlpatterns = decorate_urlpatterns([path("", include("wagtail.admin.urls"))], staff_only)
