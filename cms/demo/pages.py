"""What the machines' pages tell, and the notice that all of it is invented."""

from cms.demo import texts
from cms.demo.stage import Stage
from cms.models import HomePage, MachinePage

NOTICE = (
    "<p><b>Données de démonstration.</b> Les personnes, les réservations, les séances et les mesures de ce site sont "
    "inventées ; toute ressemblance serait un hasard.</p>"
)


def load(stage: Stage) -> None:
    """Write the machines' pages and the notice of the front page."""
    stories = texts.read("machines")
    for slug, machine in stage.machines.items():
        page = MachinePage.objects.get(machine=machine)
        story = stories[stories[slug].get("like", slug)]
        page.body, page.safety = story["body"], story["safety"]
        page.save_revision().publish()
    home = HomePage.objects.get()
    home.welcome = NOTICE + home.welcome
    home.save_revision().publish()
