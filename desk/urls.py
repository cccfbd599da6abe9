"""The wall board, one's own account, and the front desk."""

from django.urls import path

from desk.views import (
    account,
    adding,
    anomalies,
    board,
    counter,
    details,
    lock,
    person,
    planning,
    printing,
    seats,
    training,
    upkeep,
)

app_name = "desk"

own = [
    path("compte/", account.account, name="account"),
    path("compte/en-attente/", account.waits, name="account_waits"),
    path("compte/papiers/", account.papers, name="papers"),
    path("compte/papiers/<slug:purpose>/", account.paper, name="paper"),
    path("compte/preferences/", account.preferences, name="preferences"),
    path("compte/calendrier/", account.calendar, name="calendar"),
    path("compte/passeport/", account.passport, name="passport"),
    path("compte/enfants/<int:pk>/", account.account, name="child_account"),
    path("compte/enfants/<int:pk>/papiers/", account.papers, name="child_papers"),
    path("compte/enfants/<int:pk>/papiers/<slug:purpose>/", account.paper, name="child_paper"),
    path("compte/enfants/<int:pk>/ateliers/", seats.of_a_child, name="child_workshops"),
    path("compte/enfants/<int:pk>/passeport/", account.passport, name="child_passport"),
    path("mes-seances/", account.mentoring, name="mentoring"),
    path("carte/<slug:token>/", lock.card_sign_in, name="card_sign_in"),
]
front = [
    path("accueil/", counter.home, name="counter"),
    path("accueil/verrou/", lock.locked, name="lock"),
    path("accueil/veille/", lock.awake, name="awake"),
    path("accueil/nouveau/", counter.newcomer, name="newcomer"),
    path("accueil/comptages/", counter.walk_ins, name="walk_ins"),
    path("accueil/reservations/<int:pk>/confirmer/", counter.confirm_booking, name="confirm_booking"),
    path("accueil/anomalies/", anomalies.anomalies, name="anomalies"),
    path("accueil/anomalies/<int:pk>/", anomalies.anomaly, name="anomaly"),
    path("accueil/entretien/", upkeep.upkeep, name="upkeep"),
    path("accueil/entretien/<int:pk>/", upkeep.work, name="work"),
    path("accueil/stock/", upkeep.stock, name="stock"),
    path("accueil/stock/<int:pk>/", upkeep.consumable, name="consumable"),
    path("accueil/presences/<int:pk>/", counter.confirm_presence, name="confirm_presence"),
    path("accueil/demandes/", counter.requests, name="requests"),
    path("accueil/appels/", counter.calls, name="calls"),
    path("accueil/appels/<int:pk>/dit/", counter.told, name="told"),
    path("accueil/planning/", planning.planning, name="planning"),
    path("accueil/planning/ajouter/", adding.add, name="planning_add"),
    path("accueil/planning/<int:pk>/", planning.planned, name="planned"),
    path("accueil/feuilles/", printing.sheets, name="sheets"),
    path("accueil/feuilles/jour/", printing.day, name="day_sheet"),
    path("accueil/feuilles/comptage/", printing.tally, name="tally_sheet"),
    path("accueil/feuilles/papiers/", printing.papers, name="blank_papers"),
    path("accueil/feuilles/seances/<int:pk>/", printing.session, name="roll_sheet"),
    path("accueil/personnes/<int:pk>/", person.file, name="person"),
    path("accueil/personnes/<int:pk>/arrivee/", counter.arrive, name="arrive"),
    path("accueil/personnes/<int:pk>/depart/", counter.leave, name="leave"),
    path("accueil/personnes/<int:pk>/telephones/", person.phones, name="phones"),
    path("accueil/personnes/<int:pk>/famille/", person.family, name="family"),
    path("accueil/personnes/<int:pk>/famille/ramener/", person.add_pick_up, name="add_pick_up"),
    path(
        "accueil/personnes/<int:pk>/famille/ramener/<int:other>/retirer/", person.remove_pick_up, name="remove_pick_up"
    ),
    path("accueil/personnes/<int:pk>/papiers/", person.papers, name="papers_of"),
    path("accueil/personnes/<int:pk>/papiers/imprimer/", printing.papers, name="papers_sheet"),
    path("accueil/personnes/<int:pk>/papiers/<slug:purpose>/retirer/", person.withdraw, name="withdraw"),
    path("accueil/personnes/<int:pk>/carte/", person.card, name="card"),
    path("accueil/personnes/<int:pk>/adhesion/", person.membership, name="membership"),
    path("accueil/personnes/<int:pk>/adhesion/<int:membership>/", person.change_membership, name="change_membership"),
    path("accueil/personnes/<int:pk>/inscrire/", seats.at_the_desk, name="register"),
    path("accueil/personnes/<int:pk>/details/", details.details, name="details"),
    path("accueil/personnes/<int:pk>/formation/", training.training, name="training"),
    path("accueil/personnes/<int:pk>/passeport/", printing.passport, name="passport_sheet"),
]
urlpatterns = [
    path("tableau/", board.board_page, name="board"),
    path("tableau/fragment/", board.board_fragment, name="board_fragment"),
    *own,
    *front,
]
