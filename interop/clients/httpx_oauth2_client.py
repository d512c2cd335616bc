"""httpx-oauth2: a transport of httpx that discovers the server and adds the token."""

import httpx
from httpx_oauth2 import (
    AuthenticatingTransportFactory,
    ClientCredentials,
    OAuthAuthorityClient,
    OAuthAuthorityError,
)

from peer import ISSUER, SCOPE, SERVICE, Api, introspect, refusal, step

client_id, client_secret = SERVICE
authority = OAuthAuthorityClient(httpx.Client(base_url=ISSUER))

with Api() as api:
    with step("discovery and client credentials"):
        credentials = ClientCredentials(client_id, client_secret, (SCOPE,))
        transport = AuthenticatingTransportFactory(authority).authenticating_transport(
            httpx.HTTPTransport(), credentials
        )
        with httpx.Client(transport=transport) as client:
            assert client.get(api.url).status_code == 200
            assert client.get(api.url).status_code == 200
        first, second = api.seen
        assert first == second, "the token was not kept"
        assert introspect(first)["scope"] == SCOPE

    for method in ("client_secret_basic", "client_secret_post"):
        with step(method):
            credentials = ClientCredentials(client_id, client_secret, (SCOPE,), (method,))
            token = authority.get_token(credentials)
            assert token.scopes == (SCOPE,) and token.expires_in.total_seconds() > 0
            assert introspect(token.access_token)["active"]

    with step("wrong secret is refused"):
        error = refusal(authority.get_token, ClientCredentials(client_id, "wrong", (SCOPE,)))
        assert isinstance(error, OAuthAuthorityError) and "invalid_client" in str(error), error

    with step("unknown scope is not granted"):
        stranger = ClientCredentials(client_id, client_secret, ("no-such-scope",))
        try:
            granted = authority.get_token(stranger)
            scope = introspect(granted.access_token).get("scope", "").split()
        except OAuthAuthorityError as error:
            assert "invalid_scope" in str(error), error
        else:
            assert "no-such-scope" not in scope, scope
