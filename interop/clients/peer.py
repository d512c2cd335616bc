"""What every client script shares: who it is, how it reports, and an API to call.

The server under test and the clients registered with it come from the environment.
"""

import contextlib
import http.server
import json
import os
import threading

import requests

ISSUER = os.environ["ISSUER"]
SERVICE = (os.environ["SERVICE_ID"], os.environ["SERVICE_SECRET"])
WEB = (os.environ["WEB_ID"], os.environ["WEB_SECRET"])
HMAC = (os.environ["HMAC_ID"], os.environ["HMAC_SECRET"])
PUBLIC_ID = os.environ["PUBLIC_ID"]
# A client whose keys the server knows, one that signs for the token endpoint instead of the
# issuer, and one that must push its requests, prove its key and take nonces.
SIGNER_ID = os.environ["SIGNER_ID"]
ENDPOINT_SIGNER_ID = os.environ["ENDPOINT_SIGNER_ID"]
BOUND_ID = os.environ["BOUND_ID"]
REDIRECT_URI = os.environ["REDIRECT_URI"]
RESOURCE = os.environ["RESOURCE"]
SCOPE = "read"
# The server of the example `exchange`, and its client.
EXCHANGE_ISSUER = os.environ["EXCHANGE_ISSUER"]
GATEWAY = ("gateway", "the secret of the gateway")


def private_key():
    """The key of the clients that sign, and of the issuers that the example `exchange` trusts."""
    with open(os.environ["CLIENT_KEY"], encoding="utf-8") as file:
        return json.load(file)


def metadata(path="/.well-known/oauth-authorization-server", issuer=ISSUER):
    response = requests.get(issuer + path, timeout=10)
    response.raise_for_status()
    document = response.json()
    assert document["issuer"] == issuer, document
    return document


@contextlib.contextmanager
def step(name):
    """One line of the report. A failure ends the script: later steps stand on earlier ones."""
    try:
        yield
    except BaseException:
        print("FAILED", name, flush=True)
        raise
    print("ok", name, flush=True)


def refusal(call, *arguments, **named):
    """The error that a call must end in."""
    try:
        answer = call(*arguments, **named)
    except Exception as error:
        return error
    raise AssertionError(f"was not refused: {answer}")


def introspect(token, client=SERVICE, issuer=ISSUER):
    """Asks about a token without the library under test."""
    return ask_about(token, "introspection_endpoint", client, issuer).json()


def revoke(token, client=SERVICE):
    ask_about(token, "revocation_endpoint", client)


def ask_about(token, endpoint, client, issuer=ISSUER):
    client_id, secret = client
    response = requests.post(
        metadata(issuer=issuer)[endpoint],
        data={"token": token} if secret else {"token": token, "client_id": client_id},
        auth=client if secret else None,
        timeout=10,
    )
    assert response.status_code == 200, (response.status_code, response.text)
    return response


class Api:
    """An API on loopback that lets in whoever has an active bearer token, and remembers them all.

    A token that is `refused` is not let in though it is active.
    """

    def __enter__(self):
        api = self
        api.seen, api.refused = [], None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                scheme, _, token = self.headers.get("Authorization", "").partition(" ")
                api.seen.append(token)
                known = scheme == "Bearer" and token != api.refused
                allowed = known and introspect(token)["active"]
                self.send_response(200 if allowed else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
