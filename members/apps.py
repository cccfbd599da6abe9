from typing import Any

from django.apps import AppConfig
from django.apps import apps as all_apps
from django.db.models.signals import post_migrate


class MembersConfig(AppConfig):
    name = "members"

    def ready(self) -> None:
        from members import checks  # noqa: F401, PLC0415 -- registers the system checks

        post_migrate.connect(_after_migrate, dispatch_uid="members.after_migrate")


def _after_migrate(app_config: AppConfig, **_kwargs: Any) -> None:
    """Permissions are made app by app after a migrate; the last app that has models sees them all."""
    from members.roles import sync_roles  # noqa: PLC0415 -- models are loaded by now
    from members.starting_texts import ensure_texts  # noqa: PLC0415 -- models are loaded by now

    told = [config for config in all_apps.get_app_configs() if config.models_module]
    if app_config == told[-1]:
        sync_roles(all_apps)
        ensure_texts(all_apps)
