"""Reading the stock: levels are kept, never summed up in a page."""

from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from machines.models import Consumable, Machine, MaintenanceTask, StockMovement, UsageSession

SHOWN_MOST = 60
TO_LOOK_AT = Q(low_since__isnull=False) | Q(count_again=True)


def in_stock() -> QuerySet[Consumable]:
    """Return what is in use, what needs somebody first."""
    return Consumable.objects.filter(active=True).order_by("-count_again", "-low_since", "name", "pk")


def stock_alerts(limit: int = SHOWN_MOST) -> list[Consumable]:
    """Return what to order or to count again: one query."""
    return list(in_stock().filter(TO_LOOK_AT)[:limit])


def movements_of(consumable: Consumable, limit: int = 20) -> list[StockMovement]:
    """Return the latest movements of a consumable: one query."""
    rows = StockMovement.objects.filter(consumable=consumable).select_related("by", "use__machine", "task__plan")
    return list(rows.order_by("-at", "-pk")[:limit])


def drawn_by(use: UsageSession) -> dict[int, Decimal]:
    """Return what a use has taken so far, by consumable: its own few movements."""
    rows = StockMovement.objects.filter(use=use).order_by().values_list("consumable")
    return {key: -total for key, total in rows.annotate(total=Sum("quantity"))}


def summed(consumable: Consumable) -> Decimal:
    """Return the sum of all movements of a consumable: what its level must be."""
    return StockMovement.objects.filter(consumable=consumable).aggregate(total=Sum("quantity"))["total"] or Decimal(0)


def only_material_for(use: UsageSession) -> Consumable | None:
    """Return what a use takes when nobody needs to say: the one consumable of its machine counted in its unit."""
    machine = use.machine
    tied = Q(material__machine=machine) | Q(category=machine.category_id)
    found = list(Consumable.objects.filter(tied, active=True, unit=use.material_unit)[:2])
    return found[0] if len(found) == 1 else None


def consumable_called(machine: Machine, material: str, unit: str) -> Consumable | None:
    """Return what is counted in a unit for a material of a machine's list, by the name it has there."""
    if not material:
        return None
    rows = Consumable.objects.filter(material__machine=machine, active=True, unit=unit)
    return rows.filter(material__name__iexact=material).order_by("pk").first()


def taken_for(task: MaintenanceTask) -> list[StockMovement]:
    """Return what was used from the stock for a piece of work."""
    return list(StockMovement.objects.filter(task=task).select_related("consumable").order_by("pk"))
