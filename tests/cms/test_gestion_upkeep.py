"""Meters, plans, maintenance and stock in the back office."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.gestion.today import parts
from machines.models import Consumable, MaintenanceTask, StockMovement, UpkeepPlan
from machines.services import stock
from machines.services.stock import Cause
from place.clock import today
from tests.factories.machines import MachineFactory
from tests.factories.upkeep import ConsumableFactory, PlanFactory, due_work, worked

pytestmark = pytest.mark.django_db
PLAN = {
    "name": "Courroie",
    "measure": "hours",
    "every": "100",
    "margin": "20",
    "active": "on",
    "already": "40",
    "how": "",
}


def text(response) -> str:
    return response.content.decode()


def test_a_plan_is_made_changed_and_put_aside(client, boss):
    machine = MachineFactory()
    assert client.post("/gestion/plans-entretien/nouveau/", {"machine": machine.pk, **PLAN}).status_code == 302
    plan = UpkeepPlan.objects.get()
    assert (plan.every, plan.margin) == (100, 20)
    assert "40 sur 100 heures" in text(client.get("/gestion/plans-entretien/"))
    changed = {"machine": machine.pk, **PLAN, "every": "50", "margin": "", "already": "0"}
    del changed["active"]
    client.post(f"/gestion/plans-entretien/{plan.pk}/", changed)
    plan.refresh_from_db()
    assert (plan.every, plan.margin, plan.active) == (50, None, False)
    assert "40 sur 50 heures" in text(client.get("/gestion/plans-entretien/"))


def test_two_plans_of_one_name_are_refused_in_the_form(client, boss):
    plan = PlanFactory(name="Courroie")
    answer = client.post("/gestion/plans-entretien/nouveau/", {"machine": plan.machine_id, **PLAN})
    assert "a déjà un plan de ce nom" in text(answer)


def test_work_is_noted_from_the_office_early_or_when_due(client, boss):
    plan, task = PlanFactory(), due_work()
    client.post(f"/gestion/plans-entretien/{plan.pk}/fait/", {"note": "Plus tôt"})
    client.post(f"/gestion/entretien/{task.pk}/fait/", {"note": "À temps"})
    assert set(MaintenanceTask.objects.values_list("note", "done_by")) == {("Plus tôt", boss.pk), ("À temps", boss.pk)}
    html = text(client.get("/gestion/entretien/"))
    assert "12 heures" in html
    assert "Plus tôt" not in text(client.get("/gestion/entretien/", {"waiting": "on"}))


def test_the_page_of_a_machine_shows_its_meter_and_a_new_one_has_none(client, boss):
    machine = MachineFactory(name="Mistral")
    worked(machine, 7)
    html = text(client.get(f"/gestion/machines/edit/{machine.pk}/"))
    assert "<dt>Heures de travail</dt><dd>7</dd>" in html
    assert f"/gestion/plans-entretien/?machine={machine.pk}" in html
    assert "<dt>Heures de travail</dt><dd>0</dd>" in text(client.get(f"/gestion/machines/edit/{MachineFactory().pk}/"))
    assert "Heures de travail" not in text(client.get("/gestion/machines/new/"))


def test_meters_show_what_a_machine_has_done(client, boss):
    machine = MachineFactory(name="Mistral")
    worked(machine, 7)
    MachineFactory(name="Cigale")
    html = text(client.get("/gestion/compteurs/"))
    assert "Cigale" in html
    cigale = text(client.get("/gestion/compteurs/", {"machine": machine.pk})).count("Cigale")
    assert cigale == html.count("Cigale") - 1
    assert f"/gestion/plans-entretien/?machine={machine.pk}" in html


def test_a_consumable_is_made_changed_and_its_level_stays(client, boss):
    sent = {"name": "PLA", "unit": "g", "warn_below": "500", "active": "on"}
    client.post("/gestion/consommables/nouveau/", sent)
    spool = Consumable.objects.get()
    stock.move(consumable=spool, why="bought", amount=Decimal(700), cause=Cause(boss))
    client.post(f"/gestion/consommables/{spool.pk}/", sent | {"warn_below": "800"})
    spool.refresh_from_db()
    assert (spool.level, spool.warn_below) == (700, 800)
    assert "bientôt épuisé" in text(client.get("/gestion/consommables/"))


def test_a_family_and_a_material_at_once_are_refused(client, boss):
    machine = MachineFactory()
    material = machine.materials.create(name="PLA")
    sent = {"name": "PLA", "unit": "g", "category": machine.category_id, "material": material.pk}
    assert "pas les deux" in text(client.post("/gestion/consommables/nouveau/", sent))


def test_movements_are_listed_and_exported_without_names(client, boss):
    spool = ConsumableFactory(name="=cmd()")
    stock.move(consumable=spool, why="bought", amount=Decimal(700), cause=Cause(boss))
    stock.move(consumable=spool, why="used", amount=Decimal(100), cause=Cause(boss))
    assert "−100 g" in text(client.get("/gestion/mouvements/", {"consumable": spool.pk}))
    answer = client.get("/gestion/mouvements/exporter/csv/")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("at;consumable;added;taken;unit;why;level")
    assert [line.split(";")[1:5] for line in lines[1:]] == [
        ["'=cmd()", "700.00", "", "g"],
        ["'=cmd()", "", "100.00", "g"],
    ]
    assert boss.last_name not in "".join(lines)
    assert f"stock-{today().isoformat()}.csv" in answer["Content-Disposition"]
    assert client.get("/gestion/mouvements/exporter/pdf/").status_code == 404


def test_what_a_use_took_is_said_and_corrected(client, boss):
    spool, use = ConsumableFactory(), worked(MachineFactory())
    for amount in ("30", "25,5"):
        client.post(f"/gestion/utilisations/{use.pk}/matiere/", {"consumable": spool.pk, "amount": amount})
    spool.refresh_from_db()
    assert (spool.level, spool.count_again) == (Decimal("-25.5"), True)
    assert f"/gestion/utilisations/{use.pk}/matiere/" in text(client.get("/gestion/utilisations/"))


def test_the_first_screen_counts_work_and_names_what_runs_short(client, boss, home):
    due_work()
    spool = ConsumableFactory(name="PLA noir", warn_below=Decimal(5))
    shown = parts(boss, MaintenanceTask.objects.get().opened_at)
    assert shown["work"] == 1
    stock.count(consumable=spool, amount=Decimal(1), cause=Cause(boss))
    html = text(client.get("/gestion/"))
    assert "1 travail d’entretien à faire" in html
    assert "PLA noir" in html


@pytest.mark.parametrize("page", ["compteurs", "plans-entretien", "entretien", "consommables", "mouvements"])
def test_one_row_and_many_take_the_same_queries(client, boss, page):
    def fill() -> None:
        worked(due_work().plan.machine)
        machine = MachineFactory()
        spool = ConsumableFactory(material=machine.materials.create(name="PLA"))
        stock.move(consumable=spool, why="bought", amount=Decimal(1), cause=Cause(boss))

    def count() -> int:
        client.get(f"/gestion/{page}/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/gestion/{page}/").status_code == 200
        return len(seen)

    fill()
    one = count()
    for _more in range(6):
        fill()
    assert count() == one


@pytest.mark.parametrize(
    ("quantity", "unit", "words"), [(-1, "piece", "−1 pièce"), (3, "sheet", "+3 plaques"), ("1.5", "g", "+1,5 g")]
)
def test_a_single_thing_has_its_unit_in_the_singular(client, boss, quantity, unit, words):
    spool = ConsumableFactory(unit=unit)
    StockMovement.objects.create(consumable=spool, quantity=Decimal(quantity), level=0, why="counted")
    html = text(client.get("/gestion/mouvements/"))
    assert f">{words}<" in "".join(line.strip() for line in html.splitlines())


def test_thresholds_of_stock_and_of_plans_have_their_unit(client, boss):
    ConsumableFactory(unit="sheet", warn_below=Decimal(10))
    PlanFactory(measure="hours", every=100, margin=20)
    assert "10 plaques" in text(client.get("/gestion/consommables/"))
    assert "120 heures d’utilisation" in text(client.get("/gestion/plans-entretien/"))
