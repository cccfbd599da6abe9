"""The only writer of the site's tree and of the pages that go with machines and workshops."""

from cms.services.pages import save_machine, save_workshop
from cms.services.site import ensure_site

__all__ = ["ensure_site", "save_machine", "save_workshop"]
