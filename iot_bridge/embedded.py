"""A broker for this machine alone: Mosquitto when it is installed, else a small one for demonstrations.

Run as `python -m iot_bridge.embedded --port 1883 --data DIR`; ends on SIGTERM. Imports no Django.
"""

import argparse
import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

HOST = "127.0.0.1"
MOSQUITTO_FOLDERS = "/usr/sbin:/usr/local/sbin"
CONFIG = """\
listener {port} {host}
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 10
max_queued_messages 100000
max_queued_bytes 104857600
max_inflight_messages 20
upgrade_outgoing_qos true
max_packet_size 1048576
persistent_client_expiration 14d
log_dest stderr
log_type error
log_type warning
{user}
"""
"""As docs/mqtt.md explains, less what a network needs: only this machine can connect."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal ends it; 1 when the port is taken or the folder cannot be used."""
    options = _options(arguments)
    if not _free(options.port):
        print(f"Port {options.port} is already taken on {HOST}.", file=sys.stderr)  # noqa: T201
        return 1
    mosquitto = find_mosquitto() if options.broker != "amqtt" else None
    if options.broker == "mosquitto" and mosquitto is None:
        print("Mosquitto is not installed (Debian: apt install mosquitto).", file=sys.stderr)  # noqa: T201
        return 1
    if mosquitto is not None:
        try:
            config = _configured(options.port, options.data.resolve())
        except OSError as error:
            print(f"{options.data}: cannot be used ({error.strerror}).", file=sys.stderr)  # noqa: T201
            return 1
        print(f"Broker: Mosquitto on {HOST}:{options.port}", flush=True)  # noqa: T201
        # This process becomes Mosquitto, so that signals reach it and its exit code is ours.
        os.execv(mosquitto, [mosquitto, "-c", str(config)])  # noqa: S606 -- our own configuration, no shell
    return _serve_amqtt(options.port)


def find_mosquitto() -> str | None:
    """Return the path of Mosquitto, None when it is not installed."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=MOSQUITTO_FOLDERS)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="iot_bridge.embedded", description="Serve MQTT to this machine alone.")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--data", type=Path, default=Path("var/broker"), help="where Mosquitto keeps its messages")
    parser.add_argument("--broker", choices=["auto", "mosquitto", "amqtt"], default="auto")
    return parser.parse_args(arguments)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def _configured(port: int, folder: Path) -> Path:
    """Write Mosquitto's configuration into its folder; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "mosquitto.conf"
    user = "user root" if os.geteuid() == 0 else ""  # else it would change to a user who may not write here
    config.write_text(CONFIG.format(port=port, host=HOST, folder=folder, user=user), encoding="utf-8")
    return config


def _serve_amqtt(port: int) -> int:
    print(f"Broker: amqtt on {HOST}:{port} (MQTT 3.1.1; for demonstration only, install mosquitto)", flush=True)  # noqa: T201
    logging.basicConfig(level=logging.CRITICAL)
    asyncio.run(_amqtt(port))
    return 0


async def _amqtt(port: int) -> None:
    from amqtt.broker import Broker  # noqa: PLC0415 -- heavy, and only for demonstrations

    for number in (signal.SIGINT, signal.SIGTERM):
        # It keeps nothing, and amqtt's shutdown can wait for ever for a client that goes on talking.
        asyncio.get_running_loop().add_signal_handler(number, os._exit, 0)
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
