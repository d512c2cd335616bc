"""Authlib's client on httpx: every grant, introspection and revocation."""

import os
from urllib.parse import parse_qsl, urlsplit

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the server under test is on loopback

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from browser import authorize
from peer import PUBLIC_ID, REDIRECT_URI, SCOPE, SERVICE, WEB, metadata, refusal, step

server = metadata()
token_endpoint = server["token_endpoint"]


def is_active(client, token):
    answer = client.introspect_token(server["introspection_endpoint"], token=token)
    assert answer.status_code == 200, answer.text
    return answer.json()["active"]


def refused_with(error, call, *arguments, **named):
    raised = refusal(call, *arguments, **named)
    assert isinstance(raised, OAuthError) and raised.error == error, repr(raised)


with step("client credentials, introspection, revocation"):
    service = OAuth2Client(*SERVICE, scope=SCOPE)
    token = service.fetch_token(token_endpoint, grant_type="client_credentials")
    assert token["token_type"].lower() == "bearer" and token["expires_in"] > 0
    assert "refresh_token" not in token
    assert is_active(service, token["access_token"])
    answer = service.revoke_token(server["revocation_endpoint"], token=token["access_token"])
    assert answer.status_code == 200, answer.text
    assert not is_active(service, token["access_token"])

with step("client_secret_post"):
    posting = OAuth2Client(*SERVICE, scope=SCOPE, token_endpoint_auth_method="client_secret_post")
    assert posting.fetch_token(token_endpoint, grant_type="client_credentials")["access_token"]

with step("wrong secret is refused"):
    stranger = OAuth2Client(SERVICE[0], "wrong", scope=SCOPE)
    refused_with(
        "invalid_client", stranger.fetch_token, token_endpoint, grant_type="client_credentials"
    )


def web_client():
    return OAuth2Client(
        *WEB, scope=SCOPE, redirect_uri=REDIRECT_URI, code_challenge_method="S256"
    )


def code_for(client, decision="allow", **parameters):
    verifier = generate_token(48)
    url, state = client.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier, **parameters
    )
    return authorize(url, REDIRECT_URI, decision), state, verifier


with step("code with PKCE"):
    web = web_client()
    redirect, state, verifier = code_for(web)
    token = web.fetch_token(
        token_endpoint, authorization_response=redirect, state=state, code_verifier=verifier
    )
    assert token["refresh_token"] and is_active(web, token["access_token"])

with step("refresh"):
    renewed = web.refresh_token(token_endpoint, refresh_token=token["refresh_token"])
    assert renewed["access_token"] != token["access_token"]
    assert is_active(web, renewed["access_token"])

with step("revocation of the refresh token ends the grant"):
    last = renewed.get("refresh_token") or token["refresh_token"]
    answer = web.revoke_token(
        server["revocation_endpoint"], token=last, token_type_hint="refresh_token"
    )
    assert answer.status_code == 200, answer.text
    refused_with("invalid_grant", web.refresh_token, token_endpoint, refresh_token=last)
    assert not is_active(web, renewed["access_token"])

with step("second use of a code is refused"):
    web = web_client()
    redirect, state, verifier = code_for(web)
    exchange = dict(authorization_response=redirect, state=state, code_verifier=verifier)
    web.fetch_token(token_endpoint, **exchange)
    refused_with("invalid_grant", web_client().fetch_token, token_endpoint, **exchange)

with step("wrong verifier is refused"):
    redirect, state, _ = code_for(web_client())
    refused_with(
        "invalid_grant",
        web_client().fetch_token,
        token_endpoint,
        authorization_response=redirect,
        state=state,
        code_verifier=generate_token(48),
    )

with step("denied consent"):
    # The user allowed it before, so it takes a word to be asked again.
    redirect, state, _ = code_for(web_client(), "deny", prompt="consent")
    answer = dict(parse_qsl(urlsplit(redirect).query))
    assert answer["error"] == "access_denied" and answer["state"] == state, answer
    assert "code" not in answer

with step("public client: code with PKCE, refresh"):
    public = OAuth2Client(
        PUBLIC_ID,
        scope=SCOPE,
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    )
    redirect, state, verifier = code_for(public)
    token = public.fetch_token(
        token_endpoint, authorization_response=redirect, state=state, code_verifier=verifier
    )
    renewed = public.refresh_token(token_endpoint, refresh_token=token["refresh_token"])
    assert renewed["access_token"] != token["access_token"]
