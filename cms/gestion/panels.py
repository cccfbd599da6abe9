"""Parts of a row's own page that are read, not filled in."""

from typing import Any

from wagtail.admin.panels import HelpPanel

from cms.gestion.upkeep import meter_figures


class MeterPanel(HelpPanel):
    """What a machine has done in all, on its own page; a new one has done nothing."""

    def __init__(self, template: str = "cms/gestion/machine_meter.html", **kwargs: Any) -> None:
        super().__init__(template=template, **kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def is_shown(self) -> bool:
            return super().is_shown() and self.instance.pk is not None

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            told = {"machine": self.instance, "figures": meter_figures(self.instance)}
            return super().get_context_data(parent_context) | told
