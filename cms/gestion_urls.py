"""The back office: Wagtail's admin and the screens hooked into it (cms/wagtail_hooks.py).

Everybody signs in and out on the site, where wrong passwords are counted; Wagtail's own doors lead there.
"""

from django.urls import include, path
from django.views.generic import RedirectView
from wagtail.utils.urlpatterns import decorate_urlpatterns

from cms.gestion.rights import staff_only

sign_in = RedirectView.as_view(pattern_name="account_login", query_string=True)

urlpatterns = [
    path("login/", sign_in),
    path("logout/", RedirectView.as_view(pattern_name="account_logout")),
    *decorate_urlpatterns([path("", include("wagtail.admin.urls"))], staff_only),
]
