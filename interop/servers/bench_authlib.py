"""Authlib's server on Flask for `cargo xtask bench server`: client credentials and introspection.

Tokens are in memory, and the secret is kept as it is.
"""

import os
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the load comes over loopback

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Flask


class Client(ClientMixin):
    client_id = "client"

    def get_client_id(self):
        return self.client_id

    def get_allowed_scope(self, scope):
        return scope or "read"

    def check_client_secret(self, secret):
        return secret == "secret"

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


class Token(TokenMixin):
    def __init__(self, token, client):
        self.token, self.client = token, client
        self.expires_at = int(time.time()) + token["expires_in"]

    def is_expired(self):
        return time.time() > self.expires_at

    def is_revoked(self):
        return False


clients, tokens = {"client": Client()}, {}


def save_token(token, request):
    tokens[token["access_token"]] = Token(token, request.client)


class Introspection(IntrospectionEndpoint):
    def query_token(self, token, hint):
        return tokens.get(token)

    def check_permission(self, token, client, request):
        return True

    def introspect_token(self, token):
        return {
            "active": True,
            "client_id": token.client.client_id,
            "token_type": "Bearer",
            "scope": token.token.get("scope", ""),
            "exp": token.expires_at,
        }


app = Flask(__name__)
server = AuthorizationServer(app, query_client=clients.get, save_token=save_token)
server.register_grant(grants.ClientCredentialsGrant)
server.register_endpoint(Introspection)


@app.post("/token")
def issue():
    return server.create_token_response()


@app.post("/introspect")
def introspect():
    return server.create_endpoint_response(Introspection.ENDPOINT_NAME)
