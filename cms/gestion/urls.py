"""Addresses of our own screens, under /gestion/."""

from django.urls import path

from cms.gestion import bookings, imports, machines, people, place, workshops

urlpatterns = [
    path("pannes/", machines.OutageList.as_view(), name="lab_outages"),
    path("pannes/nouvelle/", machines.OutageDeclare.as_view(), name="lab_outage_declare"),
    path("pannes/<int:pk>/fin/", machines.OutageEnd.as_view(), name="lab_outage_end"),
    path("habilitations/", machines.QualificationList.as_view(), name="lab_qualifications"),
    path("habilitations/nouvelle/", machines.QualificationGrant.as_view(), name="lab_qualification_grant"),
    path(
        "habilitations/<int:pk>/retrait/", machines.QualificationWithdraw.as_view(), name="lab_qualification_withdraw"
    ),
    path("utilisations/", machines.UseList.as_view(), name="lab_uses"),
    path("utilisations/<int:pk>/qui/", machines.UseAttribute.as_view(), name="lab_use_attribute"),
    path("ouvertures/", place.OpeningList.as_view(), name="lab_openings"),
    path("ouvertures/nouvelle/", place.OpeningPlan.as_view(), name="lab_opening_plan"),
    path("ouvertures/<int:pk>/horaire/", place.OpeningEdit.as_view(), name="lab_opening_edit"),
    path("ouvertures/<int:pk>/annuler/", place.OpeningCancel.as_view(), name="lab_opening_cancel"),
    path("fermetures/", place.ClosureList.as_view(), name="lab_closures"),
    path("fermetures/nouvelle/", place.ClosureAdd.as_view(), name="lab_closure_add"),
    path("fermetures/<int:pk>/retirer/", place.ClosureRemove.as_view(), name="lab_closure_remove"),
    path("seances/", workshops.SessionList.as_view(), name="lab_sessions"),
    path("seances/nouvelle/", workshops.SessionPlan.as_view(), name="lab_session_plan"),
    path("seances/<int:pk>/deplacer/", workshops.SessionMove.as_view(), name="lab_session_move"),
    path("seances/<int:pk>/places/", workshops.SessionPlaces.as_view(), name="lab_session_places"),
    path("seances/<int:pk>/annuler/", workshops.SessionCancel.as_view(), name="lab_session_cancel"),
    path("seances/<int:pk>/inscrits/", workshops.RegistrationList.as_view(), name="lab_registrations"),
    path("seances/<int:pk>/inscrire/", workshops.SessionRegister.as_view(), name="lab_session_register"),
    path("inscriptions/<int:pk>/annuler/", workshops.RegistrationCancel.as_view(), name="lab_registration_cancel"),
    path("membres/", people.MemberList.as_view(), name="lab_members"),
    path("membres/nouveau/", people.MemberCreate.as_view(), name="lab_member_create"),
    path("membres/<int:pk>/", people.MemberEdit.as_view(), name="lab_member_edit"),
    path("membres/<int:pk>/mot-de-passe/", people.MemberPassword.as_view(), name="lab_member_password"),
    path("membres/<int:pk>/fermer/", people.MemberDeactivate.as_view(), name="lab_member_deactivate"),
    path("demandes/", people.JoinList.as_view(), name="lab_join_requests"),
    path("demandes/<int:pk>/accepter/", people.JoinAccept.as_view(), name="lab_join_accept"),
    path("demandes/<int:pk>/refuser/", people.JoinDecline.as_view(), name="lab_join_decline"),
    path("messages/", people.MessageList.as_view(), name="lab_messages"),
    path("messages/<int:pk>/dit/", people.MessageTold.as_view(), name="lab_message_told"),
    path("reservations/", bookings.ReservationList.as_view(), name="lab_reservations"),
    path("reservations/nouvelle/", bookings.ReservationBook.as_view(), name="lab_reservation_book"),
    path("reservations/<int:pk>/deplacer/", bookings.ReservationMove.as_view(), name="lab_reservation_move"),
    path("reservations/<int:pk>/annuler/", bookings.ReservationCancel.as_view(), name="lab_reservation_cancel"),
    path("reservations/<int:pk>/confirmer/", bookings.ReservationConfirm.as_view(), name="lab_reservation_confirm"),
    path("donnees/", imports.Data.as_view(), name="lab_data"),
    path("donnees/<slug:kind>/importer/", imports.Import.as_view(), name="lab_import"),
    path("donnees/<slug:kind>/exporter/<slug:file_format>/", imports.Export.as_view(), name="lab_export"),
]
