"""The Model Context Protocol's SDK in Python: a client that signs in, and clients of their own."""

import asyncio
import contextlib
import http.server
import json
import logging
import os
import ssl
import threading
import time
from urllib.parse import parse_qsl, urlsplit

import httpx2
import jwt
import requests
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
)
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from browser import authorize
from peer import (
    EXCHANGE_ISSUER,
    GATEWAY,
    ISSUER,
    REDIRECT_URI,
    RESOURCE,
    SERVICE,
    SIGNER_ID,
    introspect,
    private_key,
    step,
)

logging.disable(logging.ERROR)  # what is refused is shown by the steps
BROWSER = requests.Session()
KEY = jwt.PyJWK(private_key())
# hyper, below the MCP server, closes a connection whose request was refused before all of its body had
# come. The library would not notice before its next request.
NO_REUSE = httpx2.Limits(max_keepalive_connections=0)


class Storage:
    """Tokens and the client, kept as an application keeps them."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


def signing_in(storage, **more):
    """The provider of an application with a browser."""
    redirects = []

    async def redirect(url):
        redirects.append(await asyncio.to_thread(authorize, url, REDIRECT_URI, session=BROWSER))

    async def callback():
        answer = dict(parse_qsl(urlsplit(redirects.pop()).query))
        return AuthorizationCodeResult(
            code=answer["code"], state=answer["state"], iss=answer["iss"]
        )

    about = OAuthClientMetadata(client_name="An Agent", redirect_uris=[REDIRECT_URI])
    return OAuthClientProvider(RESOURCE, about, storage, redirect, callback, **more)


def run(auth, call):
    """Connects to the MCP server, and calls it."""

    async def connected():
        async with httpx2.AsyncClient(auth=auth, limits=NO_REUSE, timeout=10) as http_client:
            transport = streamable_http_client(RESOURCE, http_client=http_client)
            async with Client(transport) as client:
                return await call(client)

    return asyncio.run(asyncio.wait_for(connected(), 30))


async def tools(client):
    return [tool.name for tool in (await client.list_tools()).tools]


async def add_note(client):
    answer = await client.call_tool("add_note", {"text": "from Python"})
    return answer.content[0].text


def scope_of(tokens):
    return set(tokens.scope.split())


with step("a client that registers itself signs in"):
    storage = Storage()
    assert "read_notes" in run(signing_in(storage), tools)
    assert storage.client.client_id and storage.tokens.refresh_token
    assert scope_of(storage.tokens) == {"notes:read"}, storage.tokens.scope

with step("a kept token is used again, and refreshed when it has expired"):
    before = storage.tokens
    assert "read_notes" in run(signing_in(storage), tools)
    assert storage.tokens == before, "signed in again"
    provider = signing_in(storage)

    async def before_and_after_it_ends(client):
        await tools(client)
        provider.context.token_expiry_time = time.time() - 1
        await client.call_tool("read_notes", {})

    run(provider, before_and_after_it_ends)
    assert storage.tokens.access_token != before.access_token
    assert storage.tokens.refresh_token != before.refresh_token

with step("a tool that needs more scope: the client steps up"):
    assert run(signing_in(storage), add_note) == "added"
    assert scope_of(storage.tokens) == {"notes:read", "notes:write"}, storage.tokens.scope



@contextlib.contextmanager
def document(url, about):
    """A document at a URL of this machine, over TLS. What was fetched is in the list."""
    fetched = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            fetched.append(self.path)
            body = json.dumps(about).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", urlsplit(url).port), Handler)
    certificates = os.environ["CERTIFICATES"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{certificates}/server.pem", f"{certificates}/server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield fetched
    finally:
        server.shutdown()
        server.server_close()


with step("a client whose identifier is the URL of its document"):
    storage = Storage()
    url = os.environ["URL_ID"]
    about = {
        "client_id": url,
        "client_name": "An Agent",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    with document(url, about) as fetched:
        assert "read_notes" in run(signing_in(storage, client_metadata_url=url), tools)
    assert storage.client.client_id == url
    assert fetched == ["/client.json"], fetched

with step("client credentials by a secret"):
    storage = Storage()
    auth = ClientCredentialsOAuthProvider(
        RESOURCE, storage, *SERVICE, scope="notes:read", issuer=ISSUER
    )
    assert "read_notes" in run(auth, tools)


def signed(claims, **header):
    now = int(time.time())
    times = {"iat": now, "exp": now + 60, "jti": os.urandom(16).hex()}
    headers = {"kid": KEY.key_id, **header}
    return jwt.encode({**times, **claims}, KEY, algorithm="ES256", headers=headers)


async def assertion(audience):
    return signed({"iss": SIGNER_ID, "sub": SIGNER_ID, "aud": audience})


with step("client credentials by private_key_jwt"):
    storage = Storage()
    auth = PrivateKeyJWTOAuthProvider(
        RESOURCE, storage, SIGNER_ID, assertion, scope="notes:read", issuer=ISSUER
    )
    assert "read_notes" in run(auth, tools)

ORDERS = "https://orders.example.com"


class Orders(httpx2.AsyncHTTPTransport):
    """An MCP server that is nowhere, beside the network for all else."""

    async def handle_async_request(self, request):
        if request.url.host == "orders.example.com":
            return httpx2.Response(200 if "authorization" in request.headers else 401)
        return await super().handle_async_request(request)


async def identity_assertion(audience, resource):
    claims = {"iss": "https://idp.example", "sub": "U019488227", "aud": audience}
    more = {"client_id": GATEWAY[0], "resource": resource, "scope": "read"}
    return signed({**claims, **more}, typ="oauth-id-jag+jwt")


with step("identity assertion of an identity provider"):
    storage = Storage()
    auth = IdentityAssertionOAuthProvider(
        ORDERS, storage, *GATEWAY, EXCHANGE_ISSUER, identity_assertion, scope="read"
    )

    async def call_orders():
        async with httpx2.AsyncClient(auth=auth, transport=Orders()) as client:
            return await client.post(ORDERS)

    assert asyncio.run(call_orders()).status_code == 200
    about = introspect(storage.tokens.access_token, GATEWAY, EXCHANGE_ISSUER)
    assert about["sub"] == "employee:U019488227" and about["aud"] == ORDERS, about
