from django.apps import AppConfig


class FablabConfig(AppConfig):
    name = "fablab"
