"""Workshops that labs of this kind really hold, their dates around the day, and who comes."""

from dataclasses import dataclass

from cms.demo.stage import FRIDAY, SATURDAY, TUESDAY, WEDNESDAY, WEEK, Stage
from cms.models import WorkshopPage
from cms.services import save_workshop
from members.models import User
from place import clock
from place.patterns import Frequency, RuleSpec
from workshops import services
from workshops.models import Programme, ProgrammeBand, Workshop, WorkshopSession
from workshops.rules import fits_age
from workshops.services import Party, Tap

PAST_WEEKS = 3
DATES = 7  # three weeks back and four ahead: every date comes before the first closure


@dataclass(frozen=True, slots=True)
class Offer:
    slug: str
    title: str
    summary: str
    theme: str
    ages: tuple[int | None, int | None]
    places: int
    story: str
    bring: str = ""
    machines: tuple[str, ...] = ()
    kind: str = "single"
    prices: tuple[tuple[str, int], ...] = ()
    agreements: tuple[str, ...] = ()
    materials: str = ""


BY_QUOTIENT = (("", 400), ("1", 0), ("2", 100), ("3", 200), ("4", 300), ("5", 400))

OFFERS = (
    Offer(
        "atelier-bidouille", "Atelier bidouille", "On vient avec une idée, on repart avec un début d’objet.",
        "Fabrication", (10, 17), 12,
        "<p>Chacun choisit : dessiner, imprimer, coudre, démonter. L’équipe passe de table en table.</p>"
        "<p>Pas besoin de venir à toutes les séances.</p>", machines=("imprimante-1", "imprimante-2"),
    ),
    Offer(
        "bateaux-lumineux", "Bateaux lumineux", "Un bateau en carton, une pile, une diode : il flotte et il éclaire.",
        "Électronique", (8, 10), 8,
        "<p>On plie la coque, on la rend étanche avec de la cire, puis on ferme le circuit.</p>",
    ),
    Offer(
        "quiz-sonore", "Jeu-quiz sonore", "Un jeu de questions qui répond par des sons quand on touche la bonne case.",
        "Électronique", (8, 10), 8, "<p>Papier, scotch de cuivre et Makey Makey : tout se fabrique en une séance.</p>",
    ),
    Offer(
        "insectes-imaginaires", "Insectes imaginaires et Makey Makey", "Invente un insecte et fais-le chanter.",
        "Électronique", (8, 12), 10, "<p>Récupération, fil de fer et sons enregistrés au téléphone.</p>",
        "Des petits objets à récupérer.",
    ),
    Offer(
        "duel-de-robots", "Duel de robots Scratch", "Programme ton robot, puis défie celui du voisin.",
        "Programmation", (9, 13), 8, "<p>On apprend les boucles et les conditions sans s’en rendre compte.</p>",
    ),
    Offer(
        "hack-ton-doudou", "Hack ton doudou", "Ton vieux doudou apprend à briller.", "Couture", (9, 13), 6,
        "<p>Trois heures pour coudre un circuit avec du fil conducteur et deux diodes.</p>",
        "Un doudou ou une peluche que tu veux bien découdre.", ("couture-1", "couture-2"), prices=BY_QUOTIENT,
        materials="Fil conducteur, deux diodes, une pile : fournis.",
    ),
    Offer(
        "porte-cles-de-la-cite", "Porte-clés de la cité", "Mon premier modèle 3D : la silhouette de mon immeuble.",
        "Impression 3D", (11, 15), 6,
        "<p>On dessine la façade de chez soi, on lui donne de l’épaisseur, on l’imprime.</p>"
        "<p>À la fin tu peux passer le niveau 1 des imprimantes.</p>",
    ),
    Offer(
        "mug-tee-shirt", "Mug ou tee-shirt, de l’idée à l’objet", "Dessine un motif et colle-le pour de vrai.",
        "Textile", (11, 17), 8, "<p>Du croquis au fichier, du fichier au flex, du flex à la presse à chaud.</p>",
        "Un tee-shirt en coton, lavé.", ("decoupe-vinyle", "presse-a-chaud"),
    ),
    Offer(
        "tampons-graves", "Tampons et jeu de cartes gravés", "Grave ton dessin et imprime-le autant que tu veux.",
        "Découpe laser", (10, 14), 6, "<p>Le dessin se fait à la main ; la machine grave, l’équipe la conduit.</p>",
    ),
    Offer(
        "quartier-minecraft", "Le quartier en Minecraft, puis en maquette", "On construit la place, on la découpe.",
        "Cartographie", (10, 15), 10, "<p>Trois séances pour passer de l’écran au carton.</p>", kind="cycle",
    ),
    Offer(
        "repare-ta-manette", "Répare ta manette", "Joystick qui dérive, bouton mort : on ouvre et on répare.",
        "Réparation", (13, 17), 8, "<p>On apprend à souder et à lire un schéma simple.</p>", "Ta manette en panne.",
    ),
    Offer(
        "duo-parent-enfant", "Duo parent-enfant : lampe en bois", "Deux paires de mains, une lampe.",
        "Découpe laser", (8, None), 12, "<p>Un enfant et un adulte : deux places, une inscription.</p>",
        kind="duo",
    ),
    Offer(
        "formation-laser", "Formation laser, niveau 1", "Pour préparer ses fichiers et aider à conduire la machine.",
        "Découpe laser", (14, None), 6, "<p>Matériaux interdits, focale, extraction, feu : on voit tout.</p>",
        kind="training", agreements=("machines",),
    ),
    Offer(
        "entree-libre", "Entrée libre : viens bricoler", "Pas d’inscription : on pousse la porte.", "Fabrication",
        (None, None), 15, "<p>L’équipe est là, les outils aussi.</p>", kind="drop_in",
    ),
)  # fmt: skip

# A day with a programme: four workshops side by side in the morning, one for everybody in the afternoon.
DAY_MORNING = ("duel-de-robots", "quiz-sonore", "tampons-graves", "repare-ta-manette")
IDEAS = (
    ("Un drone en carton", "On le plie, on le lance, on mesure.", True),
    ("Réparer les trottinettes", "Freins, chambres à air, lumières.", True),
    ("Un studio photo dans une boîte", "Pour montrer ce qu’on fabrique.", False),
)

# Single dates: offer, weekday (None: the day itself), weeks ahead, start, end.
SINGLES = (
    ("repare-ta-manette", None, 0, "15:00", "17:00"),
    ("porte-cles-de-la-cite", TUESDAY, 0, "16:45", "18:45"),
    ("bateaux-lumineux", SATURDAY, 0, "14:00", "15:30"),
    ("mug-tee-shirt", FRIDAY, 0, "16:30", "18:30"),
    ("duel-de-robots", TUESDAY, 1, "16:45", "18:45"),
    ("hack-ton-doudou", SATURDAY, 1, "13:00", "16:00"),
    ("formation-laser", FRIDAY, 1, "16:30", "18:30"),
    ("insectes-imaginaires", SATURDAY, 2, "14:00", "16:00"),
    ("tampons-graves", TUESDAY, 2, "16:45", "18:45"),
    ("quiz-sonore", SATURDAY, 3, "14:00", "15:30"),
)
FULL = "porte-cles-de-la-cite"
WAITING = 3
ABSENT = 0.12  # how many of those registered do not come
CHILD = 14


def load(stage: Stage) -> int:
    """Plan the workshops, register members and say who came; return how many sessions there are."""
    offers = {offer.slug: _workshop(stage, offer) for offer in OFFERS}
    _series(stage, offers["atelier-bidouille"], WEDNESDAY, ("14:00", "17:00"), Frequency.WEEKLY, DATES)
    _series(stage, offers["duo-parent-enfant"], SATURDAY, ("10:00", "12:30"), Frequency.FORTNIGHTLY, DATES // 2 + 1)
    _series(stage, offers["entree-libre"], FRIDAY, ("14:00", "16:00"), Frequency.WEEKLY, DATES)
    _cycle(stage, offers["quartier-minecraft"])
    for slug, weekday, weeks, start, end in SINGLES:
        day = weeks * WEEK.days + (0 if weekday is None else stage.on(weekday, after=1))
        services.schedule_session(
            workshop=offers[slug], starts_at=stage.moment(day, start), ends_at=stage.moment(day, end),
            actor=stage.admin, facilitator=stage.people["facilitator"],
        )  # fmt: skip
    sessions = list(WorkshopSession.objects.select_related("workshop").order_by("starts_at", "pk"))
    for session in sessions:
        if session.workshop.kind != Workshop.Kind.DROP_IN and not session.registrations.exists():
            _fill(stage, session)
    _call_rolls(stage, [one for one in sessions if one.ends_at < stage.now])
    _day(stage, offers)
    _ideas(stage)
    return WorkshopSession.objects.count()


def _workshop(stage: Stage, offer: Offer) -> Workshop:
    youngest, oldest = offer.ages
    workshop = Workshop(
        slug=offer.slug, title=offer.title, summary=offer.summary, theme=offer.theme, age_min=youngest,
        age_max=oldest, places=offer.places, kind=offer.kind, agreements=list(offer.agreements),
        materials=offer.materials,
    )  # fmt: skip
    if offer.kind == Workshop.Kind.TRAINING:
        workshop.category = stage.machines["decoupe-laser"].category
    machines = [stage.machines[slug] for slug in offer.machines]
    save_workshop(actor=stage.admin, workshop=workshop, machines=machines)
    services.price(workshop=workshop, cents_by_band=dict(offer.prices), actor=stage.admin)
    page = WorkshopPage.objects.get(workshop=workshop)
    page.body, page.bring = offer.story, offer.bring
    page.save_revision().publish()
    return workshop


def _series(
    stage: Stage, workshop: Workshop, weekday: int, hours: tuple[str, str], frequency: Frequency, count: int
) -> None:
    first = stage.on(weekday, after=-PAST_WEEKS * WEEK.days)
    services.schedule_series(
        workshop=workshop,
        starts_at=stage.moment(first, hours[0]),
        ends_at=stage.moment(first, hours[1]),
        rule=RuleSpec(frequency=frequency, count=count),
        actor=stage.admin,
        now=stage.now,
    )


def _cycle(stage: Stage, workshop: Workshop) -> None:
    first = stage.on(FRIDAY, after=WEEK.days)
    services.schedule_series(
        workshop=workshop, starts_at=stage.moment(first, "16:30"), ends_at=stage.moment(first, "18:00"),
        rule=RuleSpec(frequency=Frequency.WEEKLY, count=3), actor=stage.admin, now=stage.now,
        facilitator=stage.people["facilitator"],
    )  # fmt: skip


def _day(stage: Stage, offers: dict[str, Workshop]) -> None:
    """Plan a day with a programme, with some people who have chosen."""
    saturday = stage.on(SATURDAY, after=2 * WEEK.days)
    day = Programme(
        slug="journee-bidouille", title="La journée bidouille", places=30,
        summary="Quatre ateliers le matin, un grand chantier l’après-midi.",
        starts_at=stage.moment(saturday, "09:30"), ends_at=stage.moment(saturday, "16:30"),
    )  # fmt: skip
    hours = (
        ("Accueil", "09:30", "10:00"),
        ("Ateliers au choix", "10:00", "12:00"),
        ("Grand chantier", "14:00", "16:30"),
    )
    bands = [
        ProgrammeBand(title=title, starts_at=stage.moment(saturday, start), ends_at=stage.moment(saturday, end))
        for title, start, end in hours
    ]
    services.save_programme(programme=day, bands=bands, actor=stage.admin)
    choices = [
        services.schedule_session(
            workshop=offers[slug], starts_at=bands[1].starts_at, ends_at=bands[1].ends_at, band=bands[1],
            actor=stage.admin,
        )
        for slug in DAY_MORNING
    ]  # fmt: skip
    for member in stage.rng.sample(stage.aged(9, 13), 5):
        session = next(one for one in choices if _fits(member, one))
        services.register_day(programme=day, member=member, choices=[session], actor=stage.admin, now=stage.now)


def _fits(member: User, session: WorkshopSession) -> bool:
    workshop = session.workshop
    return fits_age(member.age_on(clock.today(session.starts_at)), workshop.age_min, workshop.age_max)


def _ideas(stage: Stage) -> None:
    for (title, text, shown), author in zip(IDEAS, stage.rng.sample(stage.aged(10, 17), len(IDEAS)), strict=True):
        idea = services.propose(title=title, text=text, actor=author, now=stage.now - WEEK)
        if shown:
            idea = services.decide(idea=idea, shown=True, actor=stage.admin)
            for fan in stage.rng.sample(stage.aged(10, 17), 4):
                services.settle_interest(idea=idea, member=fan, wanted=True)


def _call_rolls(stage: Stage, sessions: list[WorkshopSession]) -> None:
    """Note who came to what is over: nearly everybody, some children without a name, and what they thought of it."""
    for session in sessions:
        tap = Tap(at=session.starts_at, channel="paper")
        for registration in session.registrations.filter(status="confirmed").select_related("member"):
            state = "absent" if stage.rng.random() < ABSENT else "present"
            services.mark(
                session=session, member=registration.member, state=state, actor=stage.admin, tap=tap, now=stage.now
            )
        services.count_walk_ins(
            session=session, people=stage.rng.randint(1, 3), band="12-14", gender="f", actor=stage.admin, tap=tap,
            now=stage.now,
        )  # fmt: skip
        services.give_feedback(session=session, faces={"liked": 3, "learnt": 2}, count=stage.rng.randint(2, 6))


def _fill(stage: Stage, session: WorkshopSession) -> None:
    """Register members of the right age, as if they had asked the week before; one session gets a waiting line."""
    workshop, day = session.workshop, clock.today(session.starts_at)
    each = workshop.seats_each
    fitting = [member for member in stage.aged(0, 99) if _fits(member, session)]
    if workshop.kind == Workshop.Kind.DUO:
        fitting = [member for member in fitting if (member.age_on(day) or 0) < CHILD]
    wanted = session.places + WAITING if workshop.slug == FULL else stage.rng.randint(1, session.places - 2) // each
    asked_at = min(stage.now, session.starts_at) - WEEK
    for member in stage.rng.sample(fitting, min(wanted, len(fitting))):
        services.register(
            session=session, member=member, actor=stage.admin, now=asked_at, party=Party(companion=_companion(workshop))
        )


def _companion(workshop: Workshop) -> str:
    return "Un parent" if workshop.kind == Workshop.Kind.DUO else ""
