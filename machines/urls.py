from django.urls import path

from machines import badges, presence_views, quiz_views, start_views, views

app_name = "machines"
urlpatterns = [
    path("badges/emetteur.json", badges.issuer, name="badge_issuer"),
    path("badges/<uuid:key>.json", badges.assertion, name="badge"),
    path("badges/<slug:slug>/<int:level>.json", badges.badge_class, name="badge_class"),
    path("compte/badges/<int:pk>/", badges.ask, name="badge_ask"),
    path("compte/badges/<uuid:key>/retirer/", badges.take_back, name="badge_take_back"),
    path("machines/<slug:slug>/signaler/", views.report, name="report"),
    path("machines/<slug:slug>/signaler/<int:pk>/", views.fault, name="fault"),
    path("machines/<slug:slug>/presence/", presence_views.presence, name="presence"),
    path("machines/<slug:slug>/demarrer/", start_views.start, name="start"),
    path("compte/quiz/", quiz_views.quizzes, name="quizzes"),
    path("compte/quiz/<slug:slug>/", quiz_views.quiz, name="quiz"),
    path("compte/quiz/essai/<int:pk>/", quiz_views.attempt, name="quiz_attempt"),
]
