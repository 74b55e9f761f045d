#!/usr/bin/env python3
"""python-miio against this project, in both directions, on loopback.

    cargo build --release --example miio
    python3 -m venv .venv && .venv/bin/pip install -r tests/interop/miio/requirements.txt
    .venv/bin/python tests/interop/miio/python_miio.py target/release/examples/miio

It needs UDP port 54321 of 127.0.0.1 and less than two minutes. Its exit status is 0 when everything agrees.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

from miio import DeviceException
from miio.integrations.philips.light import PhilipsBulb
from miio.miot_device import MiotDevice

TOKEN = "00112233445566778899aabbccddeeff"
HERE = pathlib.Path(__file__).resolve().parent
SPEC = HERE.parent.parent.parent / "examples" / "miio" / "lamp.json"
CALLS = 1000
HELLO = bytes.fromhex("21310020" + 28 * "ff")

LAMP = {
    "on": {"siid": 2, "piid": 1},
    "brightness": {"siid": 2, "piid": 2},
    "mode": {"siid": 2, "piid": 4},
    "temperature": {"siid": 3, "piid": 1},
}

LEGACY = """
models: [{model: "philips.light.bulb"}]
type: light
properties:
  - {name: power, type: str, value: "on", setter: set_power}
  - {name: bright, type: int, value: 40, setter: set_bright}
"""


class Process:
    """A server that lives as long as the `with` block."""

    def __init__(self, *command):
        self.command = [str(part) for part in command]

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        # Ready once it answers a hello.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            for _ in range(100):
                try:
                    probe.sendto(HELLO, ("127.0.0.1", 54321))
                    probe.recv(64)
                    return self
                except OSError:
                    assert self.process.poll() is None, self.output()
                    time.sleep(0.1)
        raise AssertionError(f"{self.command} doesn't answer: {self.output()}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def output(self):
        self.log.seek(0)
        return self.log.read().decode()


def same(what, found, expected):
    assert found == expected, f"{what}: {found!r} instead of {expected!r}"
    print(f"ok  {what}")


def python_client(program):
    """python-miio's client, our device."""
    legacy = [f"--legacy={pair}" for pair in ("power=on", "bright=40", "cct=50", "snm=1", "dv=0")]
    with Process(program, "simulate", "--model", "philips.light.bulb", *legacy):
        bulb = PhilipsBulb("127.0.0.1", TOKEN)
        same("info", bulb.info().model, "philips.light.bulb")
        status = bulb.status()
        same("status", (status.power, status.brightness, status.color_temperature), ("on", 40, 50))
        same("legacy set", bulb.off(), ["ok"])
        same("legacy get", bulb.status().power, "off")
        for number in range(CALLS):
            assert bulb.send("get_prop", ["bright", "nope"]) == [40, None], number
        print(f"ok  {CALLS} calls")
        try:
            bulb.send("no_such_method", [])
            raise AssertionError("an unknown method is refused")
        except DeviceException:
            print("ok  an unknown method is refused")

        lamp = MiotDevice("127.0.0.1", TOKEN, mapping=LAMP, model="xiaomirs.light.lamp1")
        same("MIoT set", [one["code"] for one in lamp.set_property("brightness", 77)], [0])
        values = {one["did"]: one.get("value") for one in lamp.get_properties_for_mapping()}
        same("MIoT get", values, {"on": False, "brightness": 77, "mode": 0, "temperature": 21.4})
        same("MIoT action", lamp.call_action_by(2, 1)["code"], 0)
        same("MIoT range", lamp.set_property("brightness", 101)[0]["code"], -4005)


def ours(program, *arguments):
    command = [program, "--zero-token", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def python_devices(program):
    """Our client, python-miio's simulators."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as description:
        description.write(LEGACY)
        description.flush()
        run = "from miio.devtools.simulators import miio_simulator as main; main()"
        with Process(sys.executable, "-c", run, "--file", description.name):
            # This simulator puts the fields beside the id and sends no result, which reads as null.
            same("our info", ours(program, "call", "miIO.info"), [None])
            same("our get_prop", ours(program, "call", 'get_prop["power","bright"]'), [["on", 40]])
            same("our set", ours(program, "call", 'set_power["off"]'), [["ok"]])
            answers = ours(program, "call", 'get_prop["power"]', "--repeat", str(CALLS))
            same(f"our {CALLS} calls", answers, [["off"]] * CALLS)
            refused = subprocess.run(
                [program, "--zero-token", "--json", "call", "no_such_method"], capture_output=True, text=True, timeout=60
            )
            same("its refusal", "unsupported method" in json.loads(refused.stdout)["error"], True)

    run = "from miio.devtools.simulators import miot_simulator as main; main()"
    with Process(sys.executable, "-c", run, "--file", SPEC, "--model", "xiaomirs.light.lamp1"):
        same("our MIoT set", ours(program, "set", "light:brightness", "55")[0]["value"], 55)
        same("our MIoT get", ours(program, "get", "light:brightness")[0]["value"], 55)
        same("our MIoT get of all", len(ours(program, "get")), 7)
        same("our MIoT action", ours(program, "action", "light:toggle")[0]["done"], True)


def main():
    program = sys.argv[1]
    # Whatever hangs, the script ends.
    watchdog = threading.Timer(110, lambda: (print("timed out", flush=True), os._exit(2)))
    watchdog.daemon = True
    watchdog.start()
    python_client(program)
    python_devices(program)
    print("everything agrees")


if __name__ == "__main__":
    main()
