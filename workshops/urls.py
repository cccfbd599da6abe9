"""Pages of workshops, in the visitor's language."""

from django.urls import path

from workshops import day_views, game_views, views

app_name = "workshops"

urlpatterns = [
    path("agenda/", views.agenda, name="agenda"),
    path("journees/<slug:slug>/", day_views.programme, name="programme"),
    path("quiz/", game_views.enter, name="quiz"),
    path("quiz/<int:pin>/", game_views.play, name="quiz_play"),
    path("quiz/<int:pin>/telephone/", game_views.phone_part, name="quiz_phone"),
    path("quiz/<int:pin>/ecran/", game_views.screen, name="quiz_screen"),
    path("quiz/<int:pin>/ecran/maintenant/", game_views.screen_part, name="quiz_screen_part"),
    path("seances/<int:pk>/", views.session, name="session"),
    path("seances/<int:pk>/inscription/", views.register, name="register"),
    path("inscriptions/<int:pk>/annuler/", views.cancel, name="cancel"),
    path("mes-ateliers/", views.mine, name="mine"),
]
