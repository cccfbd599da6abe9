from django.apps import AppConfig


class IotBridgeConfig(AppConfig):
    name = "iot_bridge"
