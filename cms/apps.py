from django.apps import AppConfig


class CmsConfig(AppConfig):
    name = "cms"

    def ready(self) -> None:
        from cms.gestion.rights import register_policies  # noqa: PLC0415 -- models are loaded by now

        register_policies()
