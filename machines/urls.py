from django.urls import path

from machines import quiz_views

app_name = "machines"
urlpatterns = [
    path("compte/quiz/", quiz_views.quizzes, name="quizzes"),
    path("compte/quiz/<slug:slug>/", quiz_views.quiz, name="quiz"),
    path("compte/quiz/essai/<int:pk>/", quiz_views.attempt, name="quiz_attempt"),
]
