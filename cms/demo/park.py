"""The park: eleven machines, what reports for them, what stops them and who may use them."""

from dataclasses import dataclass, field
from typing import Any

from cms.demo import texts
from cms.demo.stage import FRIDAY, Stage
from cms.services import save_machine
from iot_bridge.models import Device
from machines.models import (
    Declared,
    Machine,
    MachineCategory,
    MachineMaterial,
    MachinePool,
    Measured,
    Process,
    Supervision,
)
from machines.services import access, materials, park, usage
from members.models import User


@dataclass(frozen=True, slots=True)
class Plug:
    """What reports for a machine; `live` says that the simulator drives it."""

    kind: str
    base: str
    live: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """A machine as the lab describes it; `ages` are accompanied and alone."""

    slug: str
    name: str
    category: str
    make: tuple[str, str]
    area: str
    summary: str
    level: int
    ages: tuple[int, int]
    plug: Plug
    times: dict[str, int] = field(default_factory=dict)
    watched: bool = False
    kind: str = ""


CATEGORIES = {
    "impression-3d": ("Impression 3D", Process.FDM),
    "decoupe-laser": ("Découpe laser", Process.LASER_CUT),
    "decoupe-vinyle": ("Découpe de vinyle", Process.VINYL_CUT),
    "presse-a-chaud": ("Presse à chaud", Process.HEAT_PRESS),
    "fraisage": ("Fraisage", Process.CNC_MILL),
    "broderie": ("Broderie", Process.EMBROIDERY),
    "couture": ("Couture", Process.SEWING),
}
ENDER, SEWING = "Ender-3 V2", "Machine à coudre"
WITH_QUIZ = ("impression-3d", "decoupe-laser")
# Six bookings ahead: whoever is refused one time still has others to take.
PRINTER = {
    "step_minutes": 30,
    "slot_minutes": 60,
    "min_minutes": 60,
    "max_minutes": 240,
    "max_upcoming": 6,
    "horizon_days": 60,
}
LASER = {
    "step_minutes": 30,
    "slot_minutes": 30,
    "min_minutes": 30,
    "max_minutes": 120,
    "buffer_after_minutes": 15,
    "end_before_closing_minutes": 15,
}
HALF_HOURS = {"step_minutes": 30, "slot_minutes": 30, "min_minutes": 30, "max_minutes": 120}
HOURS = {"step_minutes": 30, "slot_minutes": 60, "min_minutes": 30, "max_minutes": 180}

PARK = (
    Model(
        "imprimante-1", "Imprimante 1 « Mistral »", "impression-3d", ("Creality", "Ender-3 V2"), "220 × 220 × 250 mm",
        "Elle fabrique des objets en plastique, couche après couche.", 1, (10, 12),
        Plug("octoprint", "octoPrint", live=True), PRINTER, kind=ENDER,
    ),
    Model(
        "imprimante-2", "Imprimante 2 « Cigale »", "impression-3d", ("Creality", "Ender-3 V2"), "220 × 220 × 250 mm",
        "La jumelle de Mistral, avec un micrologiciel Klipper.", 1, (10, 12), Plug("moonraker", "voron1"), PRINTER,
        kind=ENDER,
    ),
    Model(
        "imprimante-3", "Imprimante 3", "impression-3d", ("Prusa", "i3 MK3S+"), "250 × 210 × 210 mm",
        "Précise et patiente : pour les pièces qui doivent s’emboîter.", 1, (10, 12),
        Plug("native", "imprimante-3", live=True), PRINTER,
    ),
    Model(
        "imprimante-4", "Imprimante 4", "impression-3d", ("Bambu Lab", "A1 mini"), "180 × 180 × 180 mm",
        "Petite et rapide, parfaite pour un premier essai.", 1, (10, 12), Plug("bambu", "01P00A000000004"), PRINTER,
    ),
    Model(
        "decoupe-laser", "Découpeuse laser", "decoupe-laser", ("Trotec", "Speedy 100"), "610 × 305 mm",
        "Elle coupe et grave le bois, le carton et l’acrylique.", 2, (14, 18),
        Plug("tasmota", "tasmota_laser1", live=True), LASER, watched=True,
    ),
    Model(
        "decoupe-vinyle", "Découpe vinyle", "decoupe-vinyle", ("Silhouette", "Cameo 4"), "305 mm de large",
        "Elle découpe autocollants, pochoirs et motifs à coller sur un tee-shirt.", 0, (8, 11),
        Plug("shelly", "shellyplusplugs-decoupe-vinyle"), HALF_HOURS,
    ),
    Model(
        "presse-a-chaud", "Presse à chaud", "presse-a-chaud", ("", ""), "380 × 380 mm",
        "Elle colle un motif en flex sur du tissu, en quinze secondes.", 1, (10, 14), Plug("tasmota", "tasmota_presse"),
        {"step_minutes": 15, "slot_minutes": 15, "min_minutes": 15, "max_minutes": 60},
    ),
    Model(
        "fraiseuse", "Fraiseuse de table", "fraisage", ("Roland", "Modela MDX-20"), "203 × 152 × 60 mm",
        "Elle creuse le bois et la cire pour faire des moules et des tampons.", 2, (14, 16),
        Plug("shelly", "shellyplusplugs-fraiseuse"),
        {"step_minutes": 30, "slot_minutes": 120, "min_minutes": 60, "max_minutes": 240, "buffer_after_minutes": 15},
        watched=True,
    ),
    Model(
        "brodeuse", "Brodeuse", "broderie", ("Brother", "Innov-is"), "100 × 100 mm",
        "Elle brode un dessin sur un tee-shirt, un sac ou un écusson.", 1, (10, 12),
        Plug("tasmota", "tasmota_brodeuse"), HOURS,
    ),
    Model(
        "couture-1", "Machine à coudre 1", "couture", ("Singer", ""), "",
        "Pour coudre, ourler et réparer.", 0, (8, 10), Plug("tasmota", "tasmota_couture1"), HOURS, kind=SEWING,
    ),
    Model(
        "couture-2", "Machine à coudre 2", "couture", ("Singer", ""), "",
        "Pour coudre à deux, côte à côte.", 0, (8, 10), Plug("tasmota", "tasmota_couture2"), HOURS, kind=SEWING,
    ),
)  # fmt: skip

INCIDENT_HOUR = "17:20"
PERMIT_DAYS = 365


def load(stage: Stage) -> None:
    """Make the machines with their pages and devices, the outages, and the habilitations."""
    categories = {slug: _category(stage, slug) for slug in CATEGORIES}
    kinds = {name: park.save_pool(actor=stage.admin, pool=MachinePool(name=name)) for name in (ENDER, SEWING)}
    for order, model in enumerate(PARK, start=1):
        machine = _machine(stage, model, categories[model.category], order * 10)
        machine.pool = kinds.get(model.kind)
        stage.machines[model.slug] = save_machine(actor=stage.admin, machine=machine)
    Device.objects.bulk_create(_device(stage.machines[model.slug], model.plug) for model in PARK)
    _materials(stage)
    _silence(stage)
    _outages(stage)
    _permits(stage, categories)


def _category(stage: Stage, slug: str) -> MachineCategory:
    name, process = CATEGORIES[slug]
    return park.save_category(
        actor=stage.admin,
        category=MachineCategory(slug=slug, name=name, process=process, quiz_length=10 if slug in WITH_QUIZ else 0),
    )


def _machine(stage: Stage, model: Model, category: MachineCategory, order: int) -> Machine:
    machine = Machine(
        slug=model.slug, name=model.name, category=category, brand=model.make[0], model=model.make[1],
        working_area=model.area, summary=model.summary, level_required=model.level, min_age=model.ages[0],
        min_age_alone=model.ages[1], display_order=order, **model.times,
    )  # fmt: skip
    if model.watched:
        machine.supervision, machine.supervisor_level = Supervision.ALWAYS, 2
        machine.material_declared = Declared.ARRIVAL
        machine.presence_minutes = 2
    return machine


def _device(machine: Machine, plug: Plug) -> Device:
    """Return what reports for a machine; the bridge leaves alone the firmwares it cannot read yet."""
    fields: dict[str, Any] = {"machine": machine, "kind": plug.kind, "base": plug.base}
    if plug.kind in {"tasmota", "shelly"}:
        fields["role"] = Device.Role.POWER
    return Device(**fields)


def _materials(stage: Stage) -> None:
    stories = texts.read("machines")
    for slug, machine in stage.machines.items():
        story = stories[stories[slug].get("like", slug)]
        for order, fields in enumerate(story["materials"], start=1):
            material = MachineMaterial(machine=machine, display_order=order, **fields)
            materials.save_material(actor=stage.admin, material=material)


def _silence(stage: Stage) -> None:
    """Nothing speaks for the machines that the simulator does not drive: they were last heard days ago."""
    for number, model in enumerate(PARK):
        if not model.plug.live:
            machine, heard = (
                stage.machines[model.slug],
                stage.moment(-2 - number % 3, f"1{4 + number % 4}:{10 + number}"),
            )
            usage.set_measured(machine, Measured.OFFLINE, heard)
            usage.note_contact(machine, heard)


def _outages(stage: Stage) -> None:
    laser, embroidery = stage.machines["decoupe-laser"], stage.machines["brodeuse"]
    evening = incident_day(stage)
    park.declare_outage(
        actor=stage.people["facilitator"], machine=laser, starts_at=stage.moment(evening, INCIDENT_HOUR),
        ends_at=stage.moment(evening + 4, "12:00"), reason="Filtre encrassé, fumée : machine arrêtée puis nettoyée",
    )  # fmt: skip
    park.declare_outage(
        actor=stage.people["facilitator"], machine=embroidery, starts_at=stage.moment(-4, "10:00"),
        reason="Courroie cassée, on attend une pièce",
    )  # fmt: skip


def incident_day(stage: Stage) -> int:
    """Return the Friday, about four weeks ago, when the laser was stopped; the history tells it too."""
    return stage.on(FRIDAY, after=-28)


def _permits(stage: Stage, categories: dict[str, MachineCategory]) -> None:
    people = stage.people
    for username in ("fabmanager", "facilitator"):
        for category in categories.values():
            _permit(stage, people[username], category, 3)
    named = {"ines": 1, "karim": 1, "lea": 1, "yanis": 2}
    for username, level in named.items():
        _permit(stage, people[username], categories["impression-3d"], level)
    _permit(stage, people["lea"], categories["decoupe-laser"], 2)
    young, grown_up = stage.aged(12, 17), stage.aged(18, 99)
    for member in [*stage.rng.sample(young, 14), *stage.rng.sample(grown_up, 8)]:
        _permit(stage, member, categories["impression-3d"], 1)
    for member in stage.rng.sample(grown_up, 5):
        _permit(stage, member, categories["decoupe-laser"], 2)
    for slug, youngest, level in (("presse-a-chaud", 14, 1), ("broderie", 12, 1), ("fraisage", 16, 2)):
        for member in stage.rng.sample(stage.aged(youngest, 99), 6):
            _permit(stage, member, categories[slug], level)


def users_of(stage: Stage, machine: Machine) -> list[User]:
    """Return the invented members who may use a machine alone, and could a year ago if age alone counted."""
    old_enough = stage.aged(machine.min_age_alone + 1, 99)
    if machine.level_required == 0:
        return old_enough
    rows = machine.category.qualifications.filter(level__gte=machine.level_required)
    qualified = set(rows.values_list("member_id", flat=True))
    return [user for user in old_enough if user.pk in qualified]


def _permit(stage: Stage, member: User, category: MachineCategory, level: int) -> None:
    given = stage.moment(-stage.rng.randint(80, 200), "12:00").date()
    access.grant(
        actor=stage.people["admin"], member=member, category=category, level=level, granted_on=given,
        motive="Reprise du registre papier (démonstration)",
        expires_on=stage.moment(PERMIT_DAYS, "12:00").date() if level < 3 else None,
    )  # fmt: skip
