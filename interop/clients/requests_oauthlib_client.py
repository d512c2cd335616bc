"""requests-oauthlib: sessions of requests on oauthlib's protocol."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the server under test is on loopback

import requests
from oauthlib.oauth2 import BackendApplicationClient, DeviceClient, OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from browser import approve_device, authorize
from peer import (
    PUBLIC_ID,
    REDIRECT_URI,
    RESOURCE,
    SCOPE,
    SERVICE,
    WEB,
    Api,
    introspect,
    metadata,
    refusal,
    step,
)

server = metadata()
token_endpoint = server["token_endpoint"]


def refused_with(error, call, *arguments, **named):
    raised = refusal(call, *arguments, **named)
    assert isinstance(raised, OAuth2Error) and raised.error == error, repr(raised)


def revoke(session, token, client):
    url, headers, body = session._client.prepare_token_revocation_request(
        server["revocation_endpoint"].replace("http://", "https://", 1), token
    )
    # oauthlib prepares it for https alone; the server under test is on loopback.
    answer = session.post(
        url.replace("https://", "http://", 1),
        data=body,
        headers=headers,
        auth=HTTPBasicAuth(*client),
        withhold_token=True,
    )
    assert answer.status_code == 200, answer.text


with Api() as api, step("client credentials, revocation"):
    service = OAuth2Session(client=BackendApplicationClient(SERVICE[0], scope=[SCOPE]))
    token = service.fetch_token(token_endpoint, auth=HTTPBasicAuth(*SERVICE))
    assert token.scope == SCOPE, token.scope
    assert service.get(api.url).status_code == 200
    revoke(service, token["access_token"], SERVICE)
    assert not introspect(token["access_token"])["active"]
    assert service.get(api.url).status_code == 401

with step("wrong secret is refused"):
    stranger = OAuth2Session(client=BackendApplicationClient(SERVICE[0], scope=[SCOPE]))
    refused_with(
        "invalid_client",
        stranger.fetch_token,
        token_endpoint,
        auth=HTTPBasicAuth(SERVICE[0], "wrong"),
    )


def web_session():
    return OAuth2Session(WEB[0], redirect_uri=REDIRECT_URI, scope=[SCOPE], pkce="S256")


def code_for(session, decision="allow", **parameters):
    url, _ = session.authorization_url(server["authorization_endpoint"], **parameters)
    return authorize(url, REDIRECT_URI, decision)


def exchange(session, redirect):
    return session.fetch_token(
        token_endpoint, authorization_response=redirect, auth=HTTPBasicAuth(*WEB)
    )


with step("code with PKCE"):
    web = web_session()
    redirect = code_for(web)
    token = exchange(web, redirect)
    assert introspect(token["access_token"], WEB)["active"]

with step("refresh"):
    renewed = web.refresh_token(
        token_endpoint, refresh_token=token["refresh_token"], auth=HTTPBasicAuth(*WEB)
    )
    assert renewed["access_token"] != token["access_token"]
    assert introspect(renewed["access_token"], WEB)["active"]

with step("second use of a code is refused"):
    refused_with("invalid_grant", exchange, web, redirect)

with step("denied consent"):
    web = web_session()
    # The user allowed it before, so it takes a word to be asked again.
    redirect = code_for(web, "deny", prompt="consent")
    refused_with("access_denied", exchange, web, redirect)

with step("public client: code with PKCE, refresh"):
    public = OAuth2Session(PUBLIC_ID, redirect_uri=REDIRECT_URI, scope=[SCOPE], pkce="S256")
    named = dict(include_client_id=True)
    redirect = code_for(public)
    token = public.fetch_token(token_endpoint, authorization_response=redirect, **named)
    named = dict(client_id=PUBLIC_ID)
    renewed = public.refresh_token(token_endpoint, refresh_token=token["refresh_token"], **named)
    assert renewed["refresh_token"] != token["refresh_token"], "it is not rotated"

with step("device"):
    device = requests.post(
        server["device_authorization_endpoint"],
        data={"client_id": PUBLIC_ID, "scope": SCOPE, "resource": RESOURCE},
        timeout=10,
    ).json()
    approve_device(device["verification_uri_complete"])
    tv = OAuth2Session(client=DeviceClient(PUBLIC_ID))
    poll = dict(device_code=device["device_code"], include_client_id=True)
    assert introspect(tv.fetch_token(token_endpoint, **poll)["access_token"])["active"]
    refused_with("invalid_grant", tv.fetch_token, token_endpoint, **poll)
