"""Authlib's client on requests: signed client authentication, devices, assertions, token exchange."""

import os
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the server under test is on loopback

import requests
from authlib.integrations.requests_client import AssertionSession, OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc.jwk import ECKey

from browser import approve_device
from peer import (
    ENDPOINT_SIGNER_ID,
    EXCHANGE_ISSUER,
    GATEWAY,
    HMAC,
    ISSUER,
    PUBLIC_ID,
    RESOURCE,
    SCOPE,
    SIGNER_ID,
    introspect,
    metadata,
    private_key,
    refusal,
    step,
)

server = metadata()
token_endpoint = server["token_endpoint"]
KEY = ECKey.import_key(private_key())
HEADERS = {"kid": KEY.kid}


def refused_with(error, call, *arguments, **named):
    raised = refusal(call, *arguments, **named)
    assert getattr(raised, "error", None) == error, repr(raised)


def service_token(client_id, secret, method):
    session = OAuth2Session(client_id, secret, token_endpoint_auth_method=method.name, scope=SCOPE)
    session.register_client_auth_method(method)
    return session.fetch_token(token_endpoint, grant_type="client_credentials")


def signing(audience=None):
    return PrivateKeyJWT(audience, headers=HEADERS, alg="ES256")


with step("client_secret_jwt"):
    assert service_token(*HMAC, ClientSecretJWT(ISSUER))["access_token"]
    refused_with("invalid_client", service_token, HMAC[0], "wrong" * 16, ClientSecretJWT(ISSUER))

with step("private_key_jwt for the issuer"):
    assert service_token(SIGNER_ID, KEY, signing(ISSUER))["access_token"]

with step("private_key_jwt for the token endpoint, as Authlib does by itself"):
    assert service_token(ENDPOINT_SIGNER_ID, KEY, signing())["access_token"]
    # The other client was not registered for it.
    refused_with("invalid_client", service_token, SIGNER_ID, KEY, signing())

with step("private_key_jwt by another key is refused"):
    another = ECKey.generate_key("P-256", parameters={"kid": KEY.kid})
    refused_with("invalid_client", service_token, SIGNER_ID, another, signing(ISSUER))

with step("device"):
    device = requests.post(
        server["device_authorization_endpoint"],
        data={"client_id": PUBLIC_ID, "scope": SCOPE, "resource": RESOURCE},
        timeout=10,
    ).json()
    tv = OAuth2Session(PUBLIC_ID, token_endpoint_auth_method="none")
    poll = dict(
        grant_type="urn:ietf:params:oauth:grant-type:device_code",
        device_code=device["device_code"],
    )
    approve_device(device["verification_uri_complete"])
    token = tv.fetch_token(token_endpoint, **poll)
    assert introspect(token["access_token"])["active"]
    assert tv.refresh_token(token_endpoint, refresh_token=token["refresh_token"])["access_token"]
    refused_with("invalid_grant", tv.fetch_token, token_endpoint, **poll)

exchange = metadata(issuer=EXCHANGE_ISSUER)


def asserted(audience=EXCHANGE_ISSUER):
    """A token for the assertion of an issuer that the server trusts."""
    now = int(time.time())
    session = AssertionSession(
        token_endpoint=exchange["token_endpoint"],
        issuer="https://partner.example",
        subject="ada",
        audience=audience,
        grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer",
        header={"alg": "ES256", **HEADERS},
        key=KEY,
        claims={"jti": os.urandom(16).hex()},
        issued_at=now,
        expires_at=now + 60,
    )
    session.auth = GATEWAY
    return session.refresh_token()


with step("JWT bearer grant"):
    subject = asserted()
    seen = requests.post(
        exchange["introspection_endpoint"],
        data={"token": subject["access_token"]},
        auth=GATEWAY,
        timeout=10,
    ).json()
    assert seen["active"] and seen["sub"] == "partner:ada", seen
    refused_with("invalid_grant", asserted, "https://other.example")

with step("token exchange"):
    gateway = OAuth2Session(*GATEWAY)
    parameters = dict(
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=subject["access_token"],
        subject_token_type="urn:ietf:params:oauth:token-type:access_token",
    )
    token = gateway.fetch_token(
        exchange["token_endpoint"], resource="https://orders.example.com", **parameters
    )
    assert token["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    refused_with("invalid_request", gateway.fetch_token, exchange["token_endpoint"], **parameters)
