from django.apps import AppConfig


class PlaceConfig(AppConfig):
    name = "place"

    def ready(self) -> None:
        from place import recurrence  # noqa: PLC0415 -- models must be loaded first

        recurrence.hide_from_admin()
