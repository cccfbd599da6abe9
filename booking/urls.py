from django.urls import path

from booking import views

app_name = "booking"
urlpatterns = [
    path("machines/<slug:slug>/reserver/", views.slots, name="slots"),
    path("machines/<slug:slug>/reserver/confirmer/", views.confirm, name="confirm"),
    path("machines/<slug:slug>/affiche/", views.poster, name="poster"),
    path("machines/<slug:slug>/attendre/", views.wait, name="wait"),
    path("attente/<int:pk>/", views.answer, name="answer"),
    path("groupes/", views.groups, name="groups"),
    path("groupes/reserver/", views.group_book, name="group_book"),
    path("groupes/series/<int:pk>/", views.series, name="series"),
    path("groupes/series/<int:pk>/annuler/", views.series_cancel, name="series_cancel"),
    path("reservations/", views.mine, name="mine"),
    path("reservations/<int:pk>/annuler/", views.cancel, name="cancel"),
    path("reservations/<int:pk>/arrivee/", views.arrive, name="arrive"),
    path("reservations/<int:pk>/fini/", views.finish, name="finish"),
    path("reservations/<int:pk>/deplacer/", views.move, name="move"),
    path("reservations/<int:pk>/deplacer/confirmer/", views.move_confirm, name="move_confirm"),
]
