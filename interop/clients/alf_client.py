"""alf: a requests session that fetches a token by client credentials, and again after a 401."""

from alf.client import Client

from peer import SERVICE, Api, introspect, metadata, revoke, step

endpoint = metadata()["token_endpoint"]
client_id, client_secret = SERVICE

with Api() as api:
    client = Client(token_endpoint=endpoint, client_id=client_id, client_secret=client_secret)

    with step("client credentials"):
        assert client.get(api.url).status_code == 200
        assert client.get(api.url).status_code == 200
        first, second = api.seen
        assert first == second, "the token was not kept"
        assert introspect(first)["client_id"] == client_id

    with step("new token after a revoked one is refused"):
        revoke(first)
        assert not introspect(first)["active"]
        assert client.get(api.url).status_code == 200
        assert api.seen[2] == first and api.seen[3] != first, "no new token"

    with step("wrong secret is refused"):
        stranger = Client(token_endpoint=endpoint, client_id=client_id, client_secret="wrong")
        answer = stranger.get(api.url)
        assert answer.status_code == 401 and answer.json()["error"] == "invalid_client", answer.text
