"""Pages of workshops, in the visitor's language."""

from django.urls import path

from workshops import agenda_views, day_views, game_views, idea_views, kiosk_views, registering

app_name = "workshops"

urlpatterns = [
    path("agenda/", agenda_views.agenda, name="agenda"),
    path("agenda/imprimer/", agenda_views.month, name="agenda_month"),
    path("agenda/integrer/", agenda_views.embedded, name="agenda_embed"),
    path("idees/", idea_views.ideas, name="ideas"),
    path("idees/<int:pk>/interet/", idea_views.interest, name="idea_interest"),
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
