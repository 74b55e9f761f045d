"""Starts the simulated home and Home Assistant, and compares what Home Assistant shows with what is expected.

usage: check.py BRIDGE
"""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATIENCE = 180

# Unique id: platform, and what the state must satisfy.
EXPECTED = {
    "xiaomi_a4c138000001_temperature": ("sensor", lambda state: 15 < float(state) < 25),
    "xiaomi_a4c138000002_voltage": ("sensor", lambda state: state == "2.911"),
    "xiaomi_5448e6000003_humidity": ("sensor", lambda state: 30 < float(state) < 60),
    "xiaomi_c47c8d000004_moisture": ("sensor", lambda state: 10 < float(state) < 60),
    "xiaomi_e4aaec000005_opening": ("binary_sensor", lambda state: state in ("on", "off")),
    "xiaomi_18c23c000006_button": ("event", lambda state: state.startswith("20")),
    "xiaomi_c80f10000007_weight": ("sensor", lambda state: 60 < float(state) < 80),
    "xiaomi_0200034d7687_vacuum": ("vacuum", lambda state: state in ("cleaning", "docked", "returning")),
    "xiaomi_02001033c4d6_fan": ("fan", lambda state: state == "on"),
    "xiaomi_02001033c4d6_pm2_5_density": ("sensor", lambda state: 0 < float(state) < 150),
    "xiaomi_04cf8c915e01_light": ("light", lambda state: state == "off"),
    "xiaomi_04cf8c915e01_ringtone": ("siren", lambda state: state in ("unknown", "on", "off")),
    "xiaomi_158d00e1000004_switch": ("switch", lambda state: state == "on"),
    "xiaomi_158d00e1000001_opening": ("binary_sensor", lambda state: state in ("on", "off")),
    "xiaomi_obksimulated_switch": ("switch", lambda state: state == "on"),
    "xiaomi_obksimulated_power": ("sensor", lambda state: float(state) > 1),
}

# What is asked of Home Assistant, and the state that must come of it.
COMMANDS = [
    ("xiaomi_158d00e1000004_switch", "turn_off", {}, "off"),
    ("xiaomi_obksimulated_switch", "turn_off", {}, "off"),
    ("xiaomi_04cf8c915e01_light", "turn_on", {"rgb_color": [0, 255, 0]}, "on"),
    ("xiaomi_02001033c4d6_fan", "turn_off", {}, "off"),
    ("xiaomi_0200034d7687_vacuum", "pause", {}, "paused"),
]


def main(bridge):
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="bridge-homeassistant-"))
    home = subprocess.Popen(
        [bridge, "sim", "--port", str(port), "--announce", "components", "--for", "10m", "--quiet"],
        stdout=subprocess.DEVNULL,
    )
    try:
        configure(folder, port)
        log = open(folder / "hass.log", "w")
        server = subprocess.Popen([sys.executable, "-m", "homeassistant", "-c", str(folder), "--skip-pip"], stdout=log, stderr=log)
        try:
            check(folder)
        finally:
            server.terminate()
            server.wait(30)
    except BaseException:
        print((folder / "hass.log").read_text()[-4000:])
        raise
    finally:
        home.terminate()
        home.wait(30)
    shutil.rmtree(folder)


def configure(folder, port):
    shutil.copytree(HERE / "custom_components", folder / "custom_components")
    (folder / "configuration.yaml").write_text("bridge_check:\n")
    entry = {
        "entry_id": "mqtt", "version": 1, "minor_version": 1, "domain": "mqtt", "title": "broker",
        "data": {"broker": "127.0.0.1", "port": port, "discovery": True, "discovery_prefix": "homeassistant"},
        "options": {}, "pref_disable_new_entities": False, "pref_disable_polling": False, "source": "user",
        "unique_id": None, "disabled_by": None,
    }
    storage = folder / ".storage"
    storage.mkdir()
    (storage / "core.config_entries").write_text(
        json.dumps({"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {"entries": [entry]}})
    )


def check(folder):
    missing = wait(lambda: wrong(states(folder)), f"wrong after {PATIENCE} s")
    found = states(folder)
    print(f"{len(found)} entities of the bridge; {len(EXPECTED)} expected ones are right")
    for unique_id in sorted(EXPECTED):
        print(f"  {found[unique_id]['entity_id']:<45} {found[unique_id]['state']}")
    for unique_id, service, data, expected in COMMANDS:
        (folder / "command.json").write_text(
            json.dumps({"entity_id": found[unique_id]["entity_id"], "service": service, "data": data})
        )
        wait(lambda: [] if states(folder)[unique_id]["state"] == expected else [unique_id], f"{service} did nothing")
        print(f"  {service} {found[unique_id]['entity_id']}: {expected}")
    assert not missing
    print("1 passed, 0 failed")


def wait(wrong_ones, message):
    end = time.monotonic() + PATIENCE
    while True:
        rest = wrong_ones()
        if not rest:
            return rest
        if time.monotonic() > end:
            sys.exit(f"{message}: {rest}")
        time.sleep(1)


def wrong(found):
    rest = []
    for unique_id, (platform, right) in EXPECTED.items():
        entity = found.get(unique_id)
        try:
            fine = entity and entity["entity_id"].split(".")[0] == platform and right(entity["state"])
        except ValueError:
            fine = False
        if not fine:
            rest.append((unique_id, entity and entity["state"]))
    return rest


def states(folder):
    try:
        return json.loads((folder / "states.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
