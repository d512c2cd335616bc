"""Authlib's server on Flask, on the loopback port named first: client credentials, codes with PKCE and
`iss`, refresh tokens, passwords, introspection and revocation.

Clients and the user come from the environment, like those of the client scripts. The pages have the field
names that a browser without a screen looks for.
"""

import os
import sys
import time
from types import SimpleNamespace

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # over loopback

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc9207 import IssuerParameter
from flask import Flask, jsonify, redirect, request, session, url_for
from werkzeug.serving import make_server

PORT = int(sys.argv[1])
ISSUER = f"http://127.0.0.1:{PORT}"
NAME, PASSWORD = os.environ["LOGIN_NAME"], os.environ["LOGIN_PASSWORD"]
METHODS = ["client_secret_basic", "client_secret_post", "none"]


class Client(ClientMixin):
    def __init__(self, client_id, secret, *grant_types):
        self.client_id, self.secret, self.grant_types = client_id, secret, grant_types

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return os.environ["REDIRECT_URI"]

    def get_allowed_scope(self, scope):
        return " ".join(one for one in (scope or "read").split() if one == "read")

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == os.environ["REDIRECT_URI"]

    def check_client_secret(self, secret):
        return bool(self.secret) and secret == self.secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "none" if not self.secret else method in METHODS[:2]

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in self.grant_types


class Code(AuthorizationCodeMixin, SimpleNamespace):
    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope


class Token(TokenMixin):
    def __init__(self, token, client, user):
        self.token, self.client, self.user = token, client, user
        self.expires_at = int(time.time()) + token["expires_in"]
        self.revoked = False

    def check_client(self, client):
        return self.client is client

    def get_scope(self):
        return self.token.get("scope", "")

    def get_expires_in(self):
        return self.token["expires_in"]

    def is_expired(self):
        return time.time() > self.expires_at

    def is_revoked(self):
        return self.revoked

    def get_user(self):
        return self.user

    def get_client(self):
        return self.client


USER_GRANTS = ["authorization_code", "refresh_token", "password"]
clients = {
    client.client_id: client
    for client in [
        Client(os.environ["SERVICE_ID"], os.environ["SERVICE_SECRET"], "client_credentials"),
        Client(os.environ["WEB_ID"], os.environ["WEB_SECRET"], *USER_GRANTS),
        Client(os.environ["PUBLIC_ID"], None, *USER_GRANTS),
    ]
}
codes, tokens, refresh_tokens = {}, {}, {}


def save_token(token, request):
    issued = Token(token, request.client, request.user)
    tokens[token["access_token"]] = issued
    if "refresh_token" in token:
        refresh_tokens[token["refresh_token"]] = issued


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def save_authorization_code(self, code, request):
        data = request.payload.data
        codes[code] = Code(
            client=request.client,
            redirect_uri=request.payload.redirect_uri,
            scope=request.payload.scope,
            user=request.user,
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code, client):
        known = codes.get(code)
        return known if known and known.client is client else None

    def delete_authorization_code(self, authorization_code):
        for code in [code for code, known in codes.items() if known is authorization_code]:
            del codes[code]

    def authenticate_user(self, authorization_code):
        return authorization_code.user


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        known = refresh_tokens.get(refresh_token)
        return known if known and not known.revoked else None

    def authenticate_user(self, refresh_token):
        return refresh_token.user

    def revoke_old_credential(self, refresh_token):
        refresh_token.revoked = True


class PasswordGrant(grants.ResourceOwnerPasswordCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_user(self, username, password):
        return username if (username, password) == (NAME, PASSWORD) else None


class Endpoint:
    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token, hint):
        return tokens.get(token) or refresh_tokens.get(token)


class Introspection(Endpoint, IntrospectionEndpoint):
    def check_permission(self, token, client, request):
        return True

    def introspect_token(self, token):
        return {
            "active": True,
            "client_id": token.client.client_id,
            "token_type": "Bearer",
            "scope": token.get_scope(),
            "exp": token.expires_at,
        }


class Revocation(Endpoint, RevocationEndpoint):
    def revoke_token(self, token, request):
        token.revoked = True


class Issuer(IssuerParameter):
    def get_issuer(self):
        return ISSUER


app = Flask(__name__)
app.secret_key = os.urandom(16)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(app, query_client=clients.get, save_token=save_token)
server.register_grant(grants.ClientCredentialsGrant)
server.register_grant(CodeGrant, [CodeChallenge(required=True)])
server.register_grant(RefreshGrant)
server.register_grant(PasswordGrant)
server.register_endpoint(Introspection)
server.register_endpoint(Revocation)
server.register_extension(Issuer())


@app.get("/.well-known/oauth-authorization-server")
def metadata():
    return jsonify(
        issuer=ISSUER,
        authorization_endpoint=f"{ISSUER}/authorize",
        token_endpoint=f"{ISSUER}/token",
        introspection_endpoint=f"{ISSUER}/introspect",
        revocation_endpoint=f"{ISSUER}/revoke",
        response_types_supported=["code"],
        grant_types_supported=["client_credentials", *USER_GRANTS],
        token_endpoint_auth_methods_supported=METHODS,
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
    )


LOGIN = """<form method="post"><input name="username"><input name="password" type="password">
<button>Log in</button></form>"""
CONSENT = """<form method="post"><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form>"""


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        if (request.form["username"], request.form["password"]) != (NAME, PASSWORD):
            return "wrong name or password", 401
        session["user"] = NAME
        return redirect(session["next"])
    return LOGIN


@app.route("/authorize", methods=["GET", "POST"])
def authorize():
    user = session.get("user")
    try:
        grant = server.get_consent_grant(end_user=user)
    except OAuth2Error as error:
        return server.handle_error_response(request, error)
    if not user:
        session["next"] = request.url
        return redirect(url_for("login"))
    if request.method == "GET":
        return CONSENT
    granted = user if request.form["decision"] == "allow" else None
    return server.create_authorization_response(grant=grant, grant_user=granted)


@app.post("/token")
def token():
    return server.create_token_response()


@app.post("/introspect")
def introspect():
    return server.create_endpoint_response(Introspection.ENDPOINT_NAME)


@app.post("/revoke")
def revoke():
    return server.create_endpoint_response(Revocation.ENDPOINT_NAME)


make_server("127.0.0.1", PORT, app, threaded=True).serve_forever()
