"""What the tests give to a phone in place of real hardware: clocks set by hand, seeded randomness, urllib."""

import hashlib
import json
import urllib.request

import countersign as cs

MINUTE = 60_000
PASSWORD = "countersign demo"


class Hands(cs.Clock):
    """Clocks that pass a millisecond at every look, and otherwise when they are told to."""

    def __init__(self, name):
        self.name, self.boots = name, 0
        self.wall, self.mono = 1_790_000_000_000, 3_600_000

    def now(self):
        self.forward(1)
        return cs.ClockReading(wall_ms=self.wall, mono_ms=self.mono, boot=f"{self.name} {self.boots}")

    def forward(self, ms):
        self.wall += ms
        self.mono += ms

    def reboot(self, wall):
        self.boots += 1
        self.wall, self.mono = wall, 0


class Seeded(cs.Entropy):
    """SHA-256 of a name and a counter: the same in every language. Never for real phones."""

    def __init__(self, name):
        self.name, self.drawn = name, 0

    def fill(self, count):
        self.drawn += 1
        return hashlib.sha256(f"{self.name} {self.drawn}".encode()).digest()[:count]


class Server(cs.Transport):
    """The way to the server."""

    def __init__(self, base):
        self.base, self.token = base, None

    def call(self, path, body=None, media_type="application/json"):
        request = urllib.request.Request(self.base + path, data=body)
        request.add_header("content-type", media_type)
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def json(self, path, body=None):
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        return json.loads(self.call(path, text and text.encode()))

    def exchange(self, frame):
        return self.call("/api/v1/sync", frame, "application/cbor")

    def login(self, login):
        self.token = self.json("/api/v1/auth/login", {"login": login, "password": PASSWORD})["access_token"]

    def enrol(self, phone, login):
        """Logs in, makes the phone known, and goes on with the device's own token."""
        self.login(login)
        me = self.json("/api/v1/auth/me")
        request = phone.begin_enrolment(me["id"], f"{login}'s phone")
        enrolled = self.json(request.path, request.body)
        self.token = enrolled["access_token"]
        return phone.finish_enrolment(me["id"], me["name"], enrolled["device_id"])
