"""The door to the week planning of the team, which is worked in at the desk."""

from django.views.generic import RedirectView

from cms.gestion import rights
from cms.gestion.rights import Guarded


class Planning(Guarded, RedirectView):
    """Lead to the planning whoever may open it there, with the week that was asked for."""

    right = rights.SEE_RESERVATIONS
    pattern_name = "desk:planning"
    query_string = True
