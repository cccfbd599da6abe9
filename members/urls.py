"""Sign-in pages are django-allauth's views under French addresses; account names are allauth's own."""

from allauth.account import views as allauth
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache

from members import views

own = [
    path("adherer/", views.join, name="join"),
    path("adherer/merci/", views.join_sent, name="join_sent"),
]

urlpatterns = [
    path("", include((own, "members"))),
    path("connexion/", allauth.login, name="account_login"),
    path("deconnexion/", allauth.logout, name="account_logout"),
    path("inscription/", views.join, name="account_signup"),
    path("connexion/verifier/", never_cache(allauth.reauthenticate), name="account_reauthenticate"),
    path("compte/inactif/", allauth.account_inactive, name="account_inactive"),
    path("compte/mot-de-passe/", never_cache(allauth.password_change), name="account_change_password"),
    path("compte/mot-de-passe/choisir/", allauth.password_set, name="account_set_password"),
    path("mot-de-passe-oublie/", allauth.password_reset, name="account_reset_password"),
    path("mot-de-passe-oublie/envoye/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^mot-de-passe-oublie/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "mot-de-passe-oublie/change/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
