"""What the lab knows about one; everything that no other room answers is a page."""

from django.urls import include, path
from django.views.generic import RedirectView

from cms import live, views

urlpatterns = [
    path("_util/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("compte/mes-donnees/", views.my_data, name="my_data"),
    path("compte/mes-donnees/export/", views.my_export, name="my_export"),
    path("compte/mes-donnees/effacer/", views.erase, name="my_erase"),
    path("accueil/personnes/<int:pk>/donnees/", views.data_at_desk, name="data_at_desk"),
    path("compte/enfants/<int:pk>/donnees/", views.my_data, name="child_data"),
    path("compte/enfants/<int:pk>/donnees/export/", views.my_export, name="child_export"),
    path("compte/enfants/<int:pk>/donnees/effacer/", views.erase, name="child_erase"),
    path("direct/machines/", live.park_now, name="park_now"),
    path("direct/machines/<slug:slug>/", live.machine_now, name="machine_now"),
    path("", include("wagtail.urls")),
]
