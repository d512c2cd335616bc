"""python-oauth2 for `cargo xtask bench server`: client credentials.

Tokens are in memory, and the secret is kept as it is.
"""

from oauth2 import ClientCredentialsGrant, Provider
from oauth2.client_authenticator import http_basic_auth
from oauth2.store.memory import ClientStore, TokenStore
from oauth2.tokengenerator import Uuid4
from oauth2.web.wsgi import Application

clients, tokens, generator = ClientStore(), TokenStore(), Uuid4()
clients.add_client(
    client_id="client",
    client_secret="secret",
    redirect_uris=["https://app.example/cb"],
    authorized_grants=["client_credentials"],
)
generator.expires_in = {"client_credentials": 3600}
provider = Provider(
    access_token_store=tokens,
    auth_code_store=tokens,
    client_store=clients,
    token_generator=generator,
    client_authentication_source=http_basic_auth,
)
provider.add_grant(ClientCredentialsGrant())
app = Application(provider=provider)
