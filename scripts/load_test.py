"""Put people to work on a running city and see how long they wait: hotline agents and customer managers, by locust.

The database is the one that GRIDCRM_DATABASE_URL (or GRIDCRM_INSTANCE) names; it must hold a city, and gets users for
the load. With --knee the number of people doubles until the slowest hundredth waits too long or something fails.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import create_app
from app.accounts import passwords, queries, service
from app.accounts.models import User
from app.accounts.service import Beginning
from app.core.access import Role
from app.core.clock import today
from app.core.database import database
from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterPoint
from app.grid.models import CustomerManager
from app.grid.queries import owners_on

HERE = Path(__file__).resolve().parent
ACTOR = "load test"
SAMPLE = 3000
CEILING_MS = 150
WARM_UP = 30
"""Seconds for which all ask before it counts."""


def people(session: Session, agents: int, managers: int, hashed: str) -> list[dict[str, str]]:
    """That many agents and managers, each with a user; those of an earlier run are used again."""
    owner = owners_on(today())
    at_work = select(CustomerManager).where(CustomerManager.id.in_(select(owner.c.manager_id)))
    listed = []
    for number in range(agents):
        _user(session, f"load-agent-{number}", hashed, Beginning(Role.HOTLINE))
        listed.append({"role": "hotline", "login": f"load-agent-{number}"})
    for number, manager in enumerate(session.scalars(at_work.order_by(CustomerManager.code).limit(managers))):
        _user(session, f"load-manager-{number}", hashed, Beginning(Role.MANAGER, manager=manager))
        listed.append({"role": "manager", "login": f"load-manager-{number}", "manager": manager.code})
    return listed


def _user(session: Session, login: str, hashed: str, role: Beginning) -> User:
    user = queries.user_by_login(session, login)
    if user is None:
        user, _once = service.add_user(session, login, login, ACTOR)
        service.grant(session, user, role, ACTOR, today())
    user.password_hash, user.must_change_password = hashed, False
    return user


def what_is_asked(session: Session, rng: random.Random) -> dict[str, list[str]]:
    """Phones, account and box numbers, and parts of two to six characters of names and addresses."""
    last = session.scalar(select(func.max(Account.id))) or 0
    ids = [rng.randint(1, last) for _each in range(SAMPLE)]
    rows = session.execute(
        select(Account.number, Account.address, Customer.name, CustomerPhone.number, MeterBox.number)
        .join(Customer, Customer.id == Account.customer_id)
        .join(CustomerPhone, CustomerPhone.customer_id == Customer.id)
        .join(MeterPoint, MeterPoint.account_id == Account.id)
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .where(Account.id.in_(ids))
    ).all()
    texts = []
    for _number, address, name, _phone, _box in rows:
        text, length = rng.choice((address, name)), rng.randint(2, 6)
        if len(text) >= length:
            start = rng.randrange(len(text) - length + 1)
            texts.append(text[start : start + length])
    return {"account": [row[0] for row in rows], "phone": [row[3] for row in rows], "box": [row[4] for row in rows],
            "text": texts}  # fmt: skip


def wait_for(address: str) -> None:
    for _try in range(120):
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the server does not answer")


def run(plan: dict[str, Any], seconds: int, folder: Path, verbose: bool = False) -> dict[str, Any]:
    """One run of locust; its figures over everything, and by what was asked."""
    (folder / "plan.json").write_text(json.dumps(plan, ensure_ascii=False), "utf-8")
    count = plan["agents"] + plan["managers"]
    environment = os.environ | {"GRIDCRM_LOAD_PLAN": str(folder / "plan.json")}
    subprocess.run(
        [Path(sys.executable).with_name("locust"), "-f", HERE / "load_people.py", "--headless", "--only-summary",
         "-u", str(count), "-r", str(max(5, count // 10)), "-t", f"{seconds + WARM_UP + 10}s",
         "--csv", folder / "load"],
        env=environment, check=False, stdout=subprocess.DEVNULL, stderr=None if verbose else subprocess.DEVNULL,
    )  # fmt: skip
    with (folder / "load_stats.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["Name"]: {"requests": int(row["Request Count"]), "failures": int(row["Failure Count"]),
                          "rate": float(row["Requests/s"]), "median": float(row["50%"]), "p99": float(row["99%"])}
            for row in rows if row["Request Count"] != "0"}  # fmt: skip


def show(agents: int, managers: int, figures: dict[str, Any]) -> None:
    print(f"{agents} agents, {managers} managers")
    for name, row in figures.items():
        print(f"  {name:<22}{row['requests']:>7} requests {row['failures']:>4} failed {row['rate']:>7.1f}/s"
              f"  median {row['median']:>6.0f} ms  p99 {row['p99']:>6.0f} ms")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--managers", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--knee", action="store_true", help="double the people until they wait too long")
    parser.add_argument("--verbose", action="store_true", help="show what locust says")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    host, password, results = f"http://127.0.0.1:{arguments.port}", passwords.new_password(), []
    hashed = passwords.hashed(password)
    environment = os.environ | {"GRIDCRM_PORT": str(arguments.port), "GRIDCRM_REQUESTS_PER_MINUTE": "0"}
    server = subprocess.Popen([Path(sys.executable).with_name("gridcrm"), "serve", "--migrate"], env=environment)
    try:
        wait_for(host)
        app = create_app()
        agents, managers = arguments.agents, arguments.managers
        while True:
            with app.app_context(), database().transaction() as session:
                plan = {
                    "host": host, "password": password, "agents": agents, "managers": managers, "warm_up": WARM_UP,
                    "people": people(session, agents, managers, hashed),
                    "queries": what_is_asked(session, random.Random(1)),
                }  # fmt: skip
            with tempfile.TemporaryDirectory() as folder:
                figures = run(plan, arguments.seconds, Path(folder), arguments.verbose)
            show(agents, managers, figures)
            total = figures["Aggregated"]
            results.append({"agents": agents, "managers": managers, **total})
            if not arguments.knee or total["failures"] or total["p99"] > 10 * CEILING_MS:
                break
            agents, managers = agents * 2, managers * 2
    finally:
        server.terminate()
        server.wait(60)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    first = results[0]
    return 0 if first["p99"] <= CEILING_MS and not first["failures"] else 1


if __name__ == "__main__":
    sys.exit(main())
