"""Sign-in pages are django-allauth's views under French addresses; account names are allauth's own."""

from allauth.account import views as allauth
from allauth.decorators import rate_limit
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as rescue
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache

from members import views

own = [
    path("adherer/", views.join, name="join"),
    path("adherer/merci/", views.join_sent, name="join_sent"),
]

security = [
    path("compte/securite/", never_cache(views.SecurityView.as_view()), name="mfa_index"),
    path("compte/securite/application/", never_cache(totp.activate_totp), name="mfa_activate_totp"),
    path("compte/securite/application/retirer/", never_cache(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("compte/securite/cles/", never_cache(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("compte/securite/cles/ajouter/", never_cache(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("compte/securite/cles/<int:pk>/nom/", never_cache(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("compte/securite/cles/<int:pk>/retirer/", never_cache(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("compte/securite/codes/", never_cache(rescue.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "compte/securite/codes/nouveaux/",
        never_cache(rescue.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("compte/securite/codes/telecharger/", rescue.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("connexion/verifier-code/", mfa.authenticate, name="mfa_authenticate"),
    path("connexion/verifier/code/", never_cache(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("connexion/verifier/cle/", never_cache(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("connexion/cle/", passkeys.login_webauthn, name="mfa_login_webauthn"),
]

urlpatterns = [
    path("", include((own, "members"))),
    path("connexion/", allauth.login, name="account_login"),
    path("connexion/code/", allauth.request_login_code, name="account_request_login_code"),
    path(
        "connexion/code/verifier/",
        rate_limit(action="confirm_login_code")(allauth.confirm_login_code),
        name="account_confirm_login_code",
    ),
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
    *security,
]
