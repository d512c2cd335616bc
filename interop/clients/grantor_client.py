"""The grantor command as a client of somebody else's server."""

import os
import subprocess

from peer import ISSUER, SCOPE, SERVICE, introspect, step

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


with step("discovery and client credentials"):
    answer = token(client_secret, "--scope", SCOPE)
    assert answer.returncode == 0, answer.stderr
    issued = introspect(answer.stdout.strip())
    assert issued["active"] and issued["client_id"] == client_id, issued
    assert issued["scope"] == SCOPE, issued

with step("wrong secret is refused"):
    answer = token("wrong-secret-of-nobody", "--scope", SCOPE)
    assert answer.returncode != 0 and answer.stdout == "", answer.stdout
    assert "invalid_client" in answer.stderr, answer.stderr
    assert "wrong-secret-of-nobody" not in answer.stderr, "the secret is in the message"
