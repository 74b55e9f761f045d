#!/usr/bin/env python3
"""micloud, unchanged, logs in to our fake cloud and lists devices.

usage: peer.py PROGRAM        the program `cloud`, built

micloud speaks https to fixed hosts. Only the connection is replaced: every request goes to the fake cloud on this
machine, with the real host in its header. Login, signatures, encryption and parsing are micloud's own.
"""

import json
import subprocess
import sys

import requests
from micloud import micloud, miutils
from micloud.micloudexception import MiCloudAccessDenied
from requests.adapters import HTTPAdapter

seen = []


class Reroute(HTTPAdapter):
    """Sends to the fake cloud whatever host is named."""

    def __init__(self, address):
        super().__init__()
        self.address = address

    def send(self, request, **arguments):
        parts = requests.utils.urlparse(request.url)
        assert parts.scheme == "https", request.url
        seen.append((request.method, parts.hostname, parts.path))
        rerouted = request.copy()
        rerouted.url = f"http://{self.address}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        rerouted.headers["Host"] = parts.hostname
        self.original = request
        return super().send(rerouted, **arguments)

    def build_response(self, request, response):
        # Cookies belong to the host that was meant.
        return super().build_response(self.original, response)


def connect(address):
    made = miutils.get_session

    def get_session():
        session = made()
        session.mount("https://", Reroute(address))
        session.trust_env = False
        return session

    micloud.get_session = get_session


def check(what, condition):
    if not condition:
        sys.exit(f"failed: {what}; requests were {seen}")
    print(f"ok: {what}")


def main(program):
    server = subprocess.Popen([program, "--json", "serve", "--seconds", "90"], stdout=subprocess.PIPE, text=True)
    try:
        started = json.loads(server.stdout.readline())
        connect(started["address"])

        client = micloud.MiCloud(started["user"], "wrong")
        try:
            client.login()
            refused = False
        except MiCloudAccessDenied:
            refused = True
        check("a wrong password is refused as micloud expects it", refused and not client.get_token())

        client = micloud.MiCloud(started["user"], started["password"])
        check("micloud logs in", client.login() and client.get_token() and client.ssecurity)
        check("the user id is a number, as the real server sends it", client.user_id == 1000000001)

        devices = {device["did"]: device for device in client.get_devices(country="de")}
        check("micloud lists the devices of a region", len(devices) == 7)
        lamp = devices["200000001"]
        check("tokens arrive whole", lamp["token"] == "00112233445566778899aabbccddeeff")
        check("a shared home's device isn't in the plain list", "200000020" not in devices)
        china = client.get_devices(country="cn")
        check("another region has other devices", [device["token"][:4] for device in china] == ["a1a1"])
        check("an empty region is an empty list", client.get_devices(country="us") == [])

        key = client.request_country(
            "/v2/device/blt_get_beaconkey", "de", {"data": '{"did":"blt.3.synthetic00001","pdid":1}'}
        )
        check("a bind key is read by other calls, too", b"0123456789ABCDEF0123456789ABCDEF" in key)

        client.service_token = "stolen"
        try:
            listed = client.get_devices(country="de")
        except (TypeError, ValueError):
            listed = None  # micloud doesn't expect a refusal in plain JSON
        check("a foreign token gets nothing", not listed)
    finally:
        server.terminate()
        server.wait(10)
    hosts = {host for _, host, _ in seen}
    check("the hosts are the real ones", hosts >= {"account.xiaomi.com", "sts.api.io.mi.com", "de.api.io.mi.com"})


if __name__ == "__main__":
    main(sys.argv[1])
