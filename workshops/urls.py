"""Pages of workshops, in the visitor's language."""

from django.urls import path

from workshops import days, registering, views

app_name = "workshops"

urlpatterns = [
    path("agenda/", views.agenda, name="agenda"),
    path("journees/<slug:slug>/", days.programme, name="programme"),
    path("seances/<int:pk>/", registering.session, name="session"),
    path("seances/<int:pk>/inscription/", registering.register, name="register"),
    path("inscriptions/<int:pk>/annuler/", registering.cancel, name="cancel"),
    path("inscriptions/<int:pk>/accepter/", registering.accept, name="accept"),
    path("mes-ateliers/", registering.mine, name="mine"),
]
