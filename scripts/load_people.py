"""Hotline agents and customer managers at work, for locust: what they ask, and how often. Started by load_test.py."""

import json
import os
import random
import re
import time
from pathlib import Path

import gevent
import requests
from locust import HttpUser, events, task
from locust.env import Environment

PLAN = json.loads(Path(os.environ["GRIDCRM_LOAD_PLAN"]).read_text("utf-8"))
WAITING = {role: [person for person in PLAN["people"] if person["role"] == role] for role in ("hotline", "manager")}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
LINK = re.compile(r'href="(/customers/\d+)"')

WARM_UP = float(PLAN["warm_up"])
"""Seconds for which all ask before it counts: what a service does once after its start is not the day's work."""
PACE = 3.0
"""Seconds from one question of a person to the next."""


@events.init.add_listener
def _count_after_the_warm_up(environment: Environment, **_more: object) -> None:
    def later(**_more: object) -> None:
        gevent.spawn_later(WARM_UP, environment.stats.reset_all)

    environment.events.spawning_complete.add_listener(later)


class Person(HttpUser):
    """Somebody who signs in once and then asks every three seconds."""

    abstract = True
    host = PLAN["host"]
    role: str

    def on_start(self) -> None:
        """Sign in, apart from the client that is measured: one sign-in a day says nothing about the wait for a page."""
        self.me = WAITING[self.role].pop()
        with requests.Session() as door:
            page = door.get(f"{self.host}/sign-in", timeout=60)
            form = {"login": self.me["login"], "password": PLAN["password"], "csrf_token": TOKEN.search(page.text)[1]}
            answer = door.post(f"{self.host}/sign-in", data=form, allow_redirects=False, timeout=60)
            if answer.status_code != 302:
                raise RuntimeError(f"{self.me['login']} could not sign in: {answer.status_code}")
            self.client.cookies.update(door.cookies)
        time.sleep(random.uniform(0, PACE))  # people do not ask in step, whatever second they came in
        self.due = time.monotonic()

    def wait_time(self) -> float:
        """Seconds until the next question is due; locust's own pacing would count from the start, all in step."""
        self.due = max(self.due + PACE, time.monotonic())
        return self.due - time.monotonic()


class Agent(Person):
    """A hotline agent: one look-up every three seconds, half of them by a number, the others by a part of a text."""

    fixed_count = PLAN["agents"]
    role = "hotline"

    @task
    def look_up(self) -> None:
        kind = random.choice(["phone", "account", "box", "text"])
        self.client.get("/lookup", params={"q": random.choice(PLAN["queries"][kind])}, name=f"look-up by {kind}")


class Manager(Person):
    """A customer manager: a page every three seconds, of the beat, its customers, one of them, the cards."""

    fixed_count = PLAN["managers"]
    role = "manager"

    def on_start(self) -> None:
        super().on_start()
        self.known: list[str] = []

    @task(2)
    def beat(self) -> None:
        self.client.get(f"/managers/{self.me['manager']}", name="own beat")

    @task(2)
    def customers(self) -> None:
        page = self.client.get("/customers", params={"manager": self.me["manager"]}, name="own customers")
        self.known = LINK.findall(page.text) or self.known

    @task(2)
    def one_customer(self) -> None:
        if self.known:
            self.client.get(random.choice(self.known), name="one customer")
        else:
            self.customers()

    @task(1)
    def front(self) -> None:
        self.client.get("/", name="start page")
