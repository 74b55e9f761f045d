#!/usr/bin/env python3
"""Drives PyXiaomiGateway against `gateway simulate`.

usage: peer.py PATH_OF_THE_EXAMPLE

For each generation: discovery by multicast, values of every model that the library knows, a write, a write with an
old token (Invalid key, recovery), a wrong KEY, and reports by multicast.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time

from xiaomi_gateway import AsyncXiaomiGatewayMulticast, XiaomiGateway, XiaomiGatewayDiscovery

KEY = "41D49ED97B487373"
SID = "04cf8c915f95"
# The library counts these among its devices; each is one of ours.
MINIMUM = {"sensor": 5, "binary_sensor": 25, "switch": 20, "cover": 3, "lock": 2}


def interface():
    """This host's address in its network, or loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


def check(condition, text):
    if not condition:
        sys.exit(f"FAILED: {text}")
    print(f"  ok: {text}")


def wait_until_it_listens(host):
    """Asks with `whois` by unicast until somebody answers."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.bind((host, 0))
            try:
                probe.sendto(b'{"cmd":"whois"}', (host, 4321))
                return json.loads(probe.recv(4096))["cmd"] == "iam"
            except OSError:
                time.sleep(0.1)
    return False


def run(program, host, generation):
    print(f"generation {generation}")
    command = [program, "simulate", "--generation", str(generation), "--all-models", "--interface", host, "--seconds", "90"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as simulated:
        try:
            check(wait_until_it_listens(host), "whois is answered")
            exercise(host, generation)
        finally:
            simulated.kill()


def exercise(host, generation):
    discovery = XiaomiGatewayDiscovery(host, 4)
    discovery.discover_gateways()
    gateway = discovery.gateways.get(host)
    if not gateway:
        # A network without multicast, such as a bare container.
        print(f"  multicast from {host} finds nothing; asked by address")
        gateway = XiaomiGateway(host, SID, None, 4, host)
    else:
        print("  ok: found by multicast")
    check(gateway.sid == SID and gateway.token and len(gateway.token) == 16, "sid and token")
    check(gateway.proto[0] == str(generation), f"protocol {gateway.proto}")
    for kind, least in MINIMUM.items():
        found = gateway.devices[kind]
        check(len(found) >= least, f"{len(found)} devices of kind {kind}")
        check(all(isinstance(device["data"], dict) for device in found), f"values of every {kind}")
    climate = next(device for device in gateway.devices["sensor"] if device["model"] == "weather.v1")
    check(int(climate["data"]["temperature"]) == 2333, "temperature")

    plug = next(device for device in gateway.devices["switch"] if device["model"] == "plug")
    attribute = "status" if generation == 1 else "channel_0"
    gateway.key = KEY
    check(gateway.write_to_hub(plug["sid"], **{attribute: "on"}), "a write")
    check(state(gateway, plug, attribute) == "on", "the plug is on")

    gateway.token = "x" * 16
    check(gateway.write_to_hub(plug["sid"], **{attribute: "off"}), "an old token: Invalid key, a new token, and again")
    check(state(gateway, plug, attribute) == "off", "the plug is off")

    gateway.key = "41D49ED97B487374"
    check(not gateway.write_to_hub(plug["sid"], **{attribute: "on"}), "a wrong KEY is refused")
    check(state(gateway, plug, attribute) == "off", "the plug is still off")
    asyncio.run(listen(gateway, host))


def state(gateway, device, attribute):
    check(gateway.get_from_hub(device["sid"]), f"a read of {device['model']}")
    answer = gateway._send_cmd(json.dumps({"cmd": "read", "sid": device["sid"]}))
    fields = json.loads(answer["data"]) if "data" in answer else {k: v for item in answer["params"] for k, v in item.items()}
    return fields[attribute]


async def listen(gateway, host):
    """Reports and heartbeats, where multicast works."""
    heard = []
    listener = AsyncXiaomiGatewayMulticast(host)
    listener.register_gateway(host, lambda message: heard.append((message["cmd"], gateway.multicast_callback(message) if hasattr(gateway, "multicast_callback") else None)))
    await listener.start_listen()
    for _ in range(150):
        await asyncio.sleep(0.1)
        if {"report", "heartbeat"} <= {cmd for cmd, _ in heard}:
            break
    listener.stop_listen()
    commands = {cmd for cmd, _ in heard}
    if commands:
        check({"report", "heartbeat"} <= commands, f"multicasts arrive: {sorted(commands)}")
    else:
        print(f"  skipped: no multicast arrives on {host}")


def main():
    host = interface()
    for generation in (1, 2):
        run(sys.argv[1], host, generation)
    print("PyXiaomiGateway 0.14.3 and our gateway understand each other")


if __name__ == "__main__":
    main()
