"""Pages of workshops, in the visitor's language."""

from django.urls import path

from workshops import days, kiosk, views

app_name = "workshops"

urlpatterns = [
    path("agenda/", views.agenda, name="agenda"),
    path("journees/<slug:slug>/", days.programme, name="programme"),
    path("seances/<int:pk>/", views.session, name="session"),
    path("seances/<int:pk>/inscription/", views.register, name="register"),
    path("seances/<int:pk>/avis/<str:token>/", kiosk.kiosk, name="kiosk"),
    path("inscriptions/<int:pk>/annuler/", views.cancel, name="cancel"),
    path("mes-ateliers/", views.mine, name="mine"),
]
