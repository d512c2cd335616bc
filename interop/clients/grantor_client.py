"""grantor as a client of somebody else's server: the command, and the library's sign-in example."""

import atexit
import os
import re
import subprocess
import threading

import requests

from browser import authorize
from peer import ISSUER, PUBLIC_ID, REDIRECT_URI, SCOPE, SERVICE, WEB, Api, introspect, step

client_id, client_secret = SERVICE


def token(secret, *more):
    return subprocess.run(
        [os.environ["GRANTOR"], "token", "--issuer", ISSUER, "--client-id", client_id, *more],
        env={**os.environ, "GRANTOR_CLIENT_SECRET": secret},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )


def token_of_user(name, password):
    wanted = ["--issuer", ISSUER, "--client-id", os.environ["PASSWORD_ID"], "--scope", SCOPE]
    return subprocess.run(
        [os.environ["GRANTOR"], "token", "--username", name, *wanted],
        env={**os.environ, "GRANTOR_CLIENT_SECRET": WEB[1], "GRANTOR_PASSWORD": password},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )


class SignIn:
    """The example, started: it prints a line for everything that it has done."""

    def __init__(self, api, client_id, client_secret=None):
        given = {"CLIENT_ID": client_id, "API_URL": api.url}
        if client_secret:
            given["CLIENT_SECRET"] = client_secret
        self.process = subprocess.Popen(
            [os.environ["SIGN_IN"]],
            env={**os.environ, **given},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.process.kill)
        # A line that never comes ends the script rather than stopping it for ever.
        self.limit = threading.Timer(30, self.process.kill)
        self.limit.daemon = True
        self.limit.start()
        self.url = self.expect("open ")

    def expect(self, start):
        line = self.process.stdout.readline()
        if not line.startswith(start):
            raise AssertionError(f"{line!r} instead of {start!r}: {self.end()}")
        return line[len(start) :].strip()

    def redirect(self, decision="allow", change=lambda target: target):
        """The user decides, and the browser comes back."""
        target = authorize(self.url, REDIRECT_URI, decision)
        requests.get(change(target), timeout=10)

    def call(self, how=""):
        self.process.stdin.write(how + "\n")
        self.process.stdin.flush()
        answered = self.expect("API answered ")
        assert answered.startswith("200"), answered

    def end(self):
        """What it says on standard error before it ends."""
        _, errors = self.process.communicate(timeout=30)
        self.limit.cancel()
        return errors


with step("discovery and client credentials"):
    answer = token(client_secret, "--scope", SCOPE)
    assert answer.returncode == 0, answer.stderr
    issued = introspect(answer.stdout.strip())
    assert issued["active"] and issued["client_id"] == client_id, issued
    assert issued["scope"] == SCOPE, issued

if "PASSWORD_ID" in os.environ:
    with step("password"):
        name, password = os.environ["LOGIN_NAME"], os.environ["LOGIN_PASSWORD"]
        answer = token_of_user(name, password)
        assert answer.returncode == 0, answer.stderr
        issued = introspect(answer.stdout.strip(), WEB)
        assert issued["active"] and issued["scope"] == SCOPE, issued
        answer = token_of_user(name, "another")
        # Authlib calls it an invalid request.
        refused = any(code in answer.stderr for code in ("invalid_grant", "invalid_request"))
        assert answer.returncode != 0 and refused, answer.stderr

with step("introspection by the command"):
    issued = token(client_secret, "--scope", SCOPE).stdout.strip()
    answer = subprocess.run(
        [os.environ["GRANTOR"], "introspect", "--issuer", ISSUER, "--client-id", client_id],
        env={**os.environ, "GRANTOR_CLIENT_SECRET": client_secret},
        input=issued,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert answer.returncode == 0 and "active" in answer.stdout, (answer.stdout, answer.stderr)

with step("wrong secret is refused"):
    answer = token("wrong-secret-of-nobody", "--scope", SCOPE)
    assert answer.returncode != 0 and answer.stdout == "", answer.stdout
    assert "invalid_client" in answer.stderr, answer.stderr
    assert "wrong-secret-of-nobody" not in answer.stderr, "the secret is in the message"

for kind, client in (("confidential", WEB), ("public", (PUBLIC_ID, None))):
    with Api() as api:
        with step(f"{kind} client: code with PKCE"):
            app = SignIn(api, *client)
            app.redirect()
            app.expect("signed in")
            app.call()
            app.call()
            first, second = api.seen
            assert first == second, "the token was not kept"
            issued = introspect(first, WEB)
            assert issued["client_id"] == client[0] and issued["scope"] == SCOPE, issued

        with step(f"{kind} client: refresh after the API refused a token"):
            api.refused = first
            app.call()
            third, fourth = api.seen[2:]
            assert third == first != fourth, "no new token"

        with step(f"{kind} client: refresh with what the last one brought"):
            app.call("renew")
            assert api.seen[-1] not in (first, fourth)

        with step(f"{kind} client: revocation"):
            last = api.seen[-1]
            assert introspect(last, WEB)["active"]
            errors = app.end()
            assert app.process.returncode == 0, errors
            assert not introspect(last, WEB)["active"]


def fails_with(word, **redirect):
    with Api() as api:
        app = SignIn(api, *WEB)
        app.redirect(**redirect)
        errors = app.end()
        assert app.process.returncode != 0 and word in errors, errors
        assert not api.seen


with step("denied consent"):
    fails_with("access_denied", decision="deny")

with step("redirect of another sign-in is refused"):
    fails_with(r"\"state\"", change=lambda target: re.sub(r"state=[^&]*", "state=another", target))

# A server that does not name itself can't be told from another one.
if os.environ.get("NAMES_ISSUER") != "no":
    with step("redirect of another server is refused"):
        elsewhere = "iss=https://other.example"
        fails_with(r"\"iss\"", change=lambda target: re.sub(r"iss=[^&]*", elsewhere, target))
