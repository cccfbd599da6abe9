"""Pages of workshops, in the visitor's language."""

from django.urls import path

from workshops import day_views, game_views, kiosk_views, registering, views

app_name = "workshops"

urlpatterns = [
    path("agenda/", views.agenda, name="agenda"),
    path("journees/<slug:slug>/", day_views.programme, name="programme"),
    path("seances/<int:pk>/", registering.session, name="session"),
    path("seances/<int:pk>/inscription/", registering.register, name="register"),
    path("inscriptions/<int:pk>/annuler/", registering.cancel, name="cancel"),
    path("inscriptions/<int:pk>/accepter/", registering.accept, name="accept"),
    path("mes-ateliers/", registering.mine, name="mine"),
    path("quiz/", game_views.enter, name="quiz"),
    path("quiz/<int:pin>/", game_views.play, name="quiz_play"),
    path("quiz/<int:pin>/telephone/", game_views.phone_part, name="quiz_phone"),
    path("quiz/<int:pin>/ecran/", game_views.screen, name="quiz_screen"),
    path("quiz/<int:pin>/ecran/maintenant/", game_views.screen_part, name="quiz_screen_part"),
    path("seances/<int:pk>/avis/<str:token>/", kiosk_views.kiosk, name="kiosk"),
]
