"""requests-oauth2client: every grant, every way to authenticate, PAR, DPoP with nonces."""

import json
import os
import time

import requests
from jwskate import Jwk, Jwt
from requests_oauth2client import (
    ClientSecretBasic,
    ClientSecretJwt,
    ClientSecretPost,
    DPoPToken,
    OAuth2Client,
    OAuth2ClientCredentialsAuth,
    PrivateKeyJwt,
)
from requests_oauth2client.exceptions import (
    AuthorizationPending,
    AuthorizationResponseError,
    EndpointError,
    InvalidClient,
    InvalidGrant,
    InvalidTarget,
    SlowDown,
)

from browser import approve_device, authorize
from peer import (
    BOUND_ID,
    ENDPOINT_SIGNER_ID,
    EXCHANGE_ISSUER,
    GATEWAY,
    HMAC,
    ISSUER,
    PUBLIC_ID,
    REDIRECT_URI,
    RESOURCE,
    SCOPE,
    SERVICE,
    SIGNER_ID,
    WEB,
    Api,
    introspect,
    metadata,
    private_key,
    refusal,
    step,
)

METADATA = "/.well-known/oauth-authorization-server"
KEY = Jwk(private_key())
BROWSER = requests.Session()


def client(auth, issuer=ISSUER, **more):
    # `testing` allows the http of loopback; everything else is checked.
    return OAuth2Client.from_discovery_endpoint(
        issuer + METADATA,
        issuer=issuer,
        auth=auth,
        redirect_uri=REDIRECT_URI,
        testing=True,
        **more,
    )


def refused_with(kind, call, *arguments, **named):
    raised = refusal(call, *arguments, **named)
    assert isinstance(raised, kind), repr(raised)
    return raised


service = client(ClientSecretBasic(*SERVICE))

with step("client credentials, introspection, revocation"):
    token = service.client_credentials(scope=SCOPE)
    assert token.scope == SCOPE and token.token_type == "Bearer" and token.refresh_token is None
    seen = service.introspect_token(token)
    assert seen["active"] and seen["client_id"] == SERVICE[0], seen
    assert service.revoke_access_token(token) is True
    assert service.introspect_token(token) == {"active": False}

with Api() as api, step("token of a session"):
    session = requests.Session()
    session.auth = OAuth2ClientCredentialsAuth(service, scope=SCOPE)
    assert [session.get(api.url).status_code for _ in range(2)] == [200, 200]
    assert api.seen[0] == api.seen[1], "the token was not kept"

with step("resource indicator"):
    token = service.client_credentials(scope=SCOPE, resource=RESOURCE)
    assert service.introspect_token(token)["aud"] == RESOURCE
    elsewhere = "https://elsewhere.example/"
    refused_with(InvalidTarget, service.client_credentials, resource=elsewhere)


def signer(client_id=SIGNER_ID, key=KEY, aud=ISSUER):
    # Without `aud` it signs for the URL of the endpoint.
    return PrivateKeyJwt(client_id, key, aud=aud)


for name, auth in (
    ("client_secret_post", ClientSecretPost(*SERVICE)),
    ("client_secret_jwt", ClientSecretJwt(*HMAC, aud=ISSUER)),
    ("private_key_jwt", signer()),
    ("private_key_jwt for the token endpoint", signer(ENDPOINT_SIGNER_ID, aud=None)),
):
    with step(name):
        assert client(auth).client_credentials(scope=SCOPE).access_token

with step("private_key_jwt for another audience is refused"):
    for aud in (None, "https://other.example"):
        refused_with(InvalidClient, client(signer(aud=aud)).client_credentials)

with step("wrong secret and foreign key are refused"):
    stranger = client(ClientSecretBasic(SERVICE[0], "wrong"))
    refused_with(InvalidClient, stranger.client_credentials)
    another = Jwk.generate(alg="ES256", kid=KEY.kid)
    refused_with(InvalidClient, client(signer(key=another)).client_credentials)


def code_for(app, decision="allow", pushed=False, **parameters):
    """The validated redirect of a sign-in."""
    request = app.authorization_request(scope=SCOPE, resource=RESOURCE, **parameters)
    opened = app.pushed_authorization_request(request) if pushed else request
    return request.validate_callback(authorize(str(opened), REDIRECT_URI, decision, BROWSER))


web = client(ClientSecretBasic(*WEB))

with step("code with PKCE, state and iss, refresh, revocation"):
    response = code_for(web)
    assert response.iss == ISSUER
    token = web.authorization_code(response, validate=False)
    assert introspect(token.access_token, WEB)["active"]
    renewed = web.refresh_token(token.refresh_token)
    assert renewed.access_token != token.access_token
    last = renewed.refresh_token or token.refresh_token
    assert web.revoke_refresh_token(last) is True
    refused_with(InvalidGrant, web.refresh_token, last)
    assert not introspect(renewed.access_token, WEB)["active"]

with step("second use of a code is refused"):
    response = code_for(web)
    web.authorization_code(response, validate=False)
    refused_with(InvalidGrant, web.authorization_code, response, validate=False)

with step("denied consent"):
    # The user allowed it before, so it takes a word to be asked again.
    raised = refused_with(AuthorizationResponseError, code_for, web, "deny", prompt="consent")
    assert raised.error == "access_denied", raised.error

with step("pushed authorization request, public and confidential"):
    for app in (web, client(PUBLIC_ID), client(signer())):
        assert app.authorization_code(code_for(app, pushed=True), validate=False).refresh_token

bound = client(BOUND_ID, dpop_bound_access_tokens=True)

with step("DPoP with nonces: PAR, code, refresh"):
    # The client requires all of it: PAR, proofs, and a nonce in each.
    response = code_for(bound, pushed=True, dpop=True)
    token = bound.authorization_code(response, validate=False, dpop_key=response.dpop_key)
    assert isinstance(token, DPoPToken) and token.token_type == "DPoP"
    seen = introspect(token.access_token)
    assert seen["cnf"]["jkt"] == response.dpop_key.dpop_jkt, seen
    assert response.dpop_key.as_nonce, "no nonce was asked for"
    renewed = bound.refresh_token(token)
    assert introspect(renewed.access_token)["active"]

with step("DPoP: refresh with another key is refused"):
    # Given the text alone, the library takes a new key.
    last = renewed.refresh_token or token.refresh_token
    refused_with(InvalidGrant, bound.refresh_token, last)

with step("DPoP of a confidential client"):
    token = service.client_credentials(scope=SCOPE, dpop=True)
    assert introspect(token.access_token)["cnf"]["jkt"] == token.dpop_key.dpop_jkt

with step("device: pending, slow_down, allowed, used up"):
    # The library does not read this endpoint from the metadata.
    endpoint = metadata()["device_authorization_endpoint"]
    tv = client(PUBLIC_ID, device_authorization_endpoint=endpoint)
    hasty = tv.authorize_device(scope=SCOPE)
    refused_with(AuthorizationPending, tv.device_code, hasty)
    refused_with(SlowDown, tv.device_code, hasty)
    device = tv.authorize_device(scope=SCOPE, resource=RESOURCE)
    approve_device(device.verification_uri_complete, BROWSER)
    token = tv.device_code(device)
    assert introspect(token.access_token)["active"] and token.refresh_token
    refused_with(InvalidGrant, tv.device_code, device)

with step("registration: code of a client that registered itself"):
    about = {
        "redirect_uris": [REDIRECT_URI],
        "client_name": "registered by requests",
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [dict(KEY.public_jwk())]},
    }
    answer = requests.post(metadata()["registration_endpoint"], json=about, timeout=10)
    assert answer.status_code == 201, answer.text
    registered = client(signer(answer.json()["client_id"]))
    assert registered.authorization_code(code_for(registered), validate=False).access_token

gateway = client(ClientSecretBasic(*GATEWAY), issuer=EXCHANGE_ISSUER)


def assertion(**claims):
    now = int(time.time())
    basics = {"iss": "https://partner.example", "sub": "ada", "aud": EXCHANGE_ISSUER}
    times = {"iat": now, "exp": now + 60, "jti": os.urandom(16).hex()}
    return Jwt.sign({**basics, **times, **claims}, key=KEY, alg="ES256")


with step("JWT bearer grant"):
    once = assertion()
    asserted = gateway.jwt_bearer(once, scope=SCOPE)
    assert gateway.introspect_token(asserted)["sub"] == "partner:ada"
    refused_with(InvalidGrant, gateway.jwt_bearer, once)
    refused_with(InvalidGrant, gateway.jwt_bearer, assertion(aud="https://other.example"))

with step("token exchange"):
    orders = "https://orders.example.com"
    exchanged = gateway.token_exchange(subject_token=asserted, resource=orders)
    assert exchanged.issued_token_type == "urn:ietf:params:oauth:token-type:access_token"
    assert exchanged.access_token != asserted.access_token
    refused_with(EndpointError, gateway.token_exchange, subject_token=asserted)
    assert json.dumps(exchanged.as_dict()).count(orders) == 0
