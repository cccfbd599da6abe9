"""The wall board's addresses."""

from django.urls import path

from desk import views

app_name = "desk"
urlpatterns = [
    path("tableau/", views.board_page, name="board"),
    path("tableau/fragment/", views.board_fragment, name="board_fragment"),
]
