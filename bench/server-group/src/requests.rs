//! The requests that are measured, as a server with this address takes them.

use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};

use harness::{Requests, Result, ask};
use server::{AUTHORIZATION, SignIn, client_request, redeem, token_of};

use crate::program::Endpoints;
use crate::proofs;

/// The kinds of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A token by client credentials.
    ClientCredentials,
    /// The same with a proof of possession, a new one each time.
    BoundToken,
    /// Whether one token is active.
    Introspection,
    /// The same of a handler that knows no token.
    BareIntrospection,
    /// A pushed authorization request.
    PushedRequest,
    /// Tokens for a code, a new one each time.
    Code,
    /// A token for one refresh token, which stays, as that of a client that authenticates does.
    Refresh,
}

impl Asked {
    /// The requests of a load; so many, of those that are sent once.
    pub(crate) fn requests(
        self,
        address: SocketAddr,
        endpoints: Endpoints,
        number: usize,
    ) -> Result<Requests> {
        let client = Client { address, endpoints };
        Ok(match self {
            Self::ClientCredentials => Requests::Same(client.token_request(TOKEN)),
            Self::BoundToken => Requests::Each(client.bound_token_requests(number)?),
            Self::Introspection => {
                let token = client.tokens(TOKEN, "access_token")?;
                let body = format!("token={token}");
                Requests::Same(client.post(endpoints.introspection, &body, ""))
            }
            Self::BareIntrospection => {
                let body = format!("token={}", "A".repeat(67));
                Requests::Same(client.post(endpoints.introspection, &body, ""))
            }
            Self::PushedRequest => Requests::Same(client.post(endpoints.pushed, AUTHORIZATION, "")),
            Self::Code => Requests::Each(client.code_requests(number)?),
            Self::Refresh => {
                let code = SignIn::start(address)?.code()?;
                let token = client.tokens(&redeem(&code), "refresh_token")?;
                let body = format!("grant_type=refresh_token&refresh_token={token}");
                Requests::Same(client.token_request(&body))
            }
        })
    }
}

/// The client `client` with the secret `secret`.
struct Client {
    address: SocketAddr,
    endpoints: Endpoints,
}

impl Client {
    fn token_request(&self, body: &str) -> Vec<u8> {
        self.post("/token", body, "")
    }

    fn post(&self, path: &str, body: &str, more: &str) -> Vec<u8> {
        client_request(self.address, path, body, more)
    }

    /// This member of the answer to a token request.
    fn tokens(&self, body: &str, member: &str) -> Result<String> {
        let mut stream = BufReader::new(TcpStream::connect(self.address)?);
        let (_, answer) = ask(&mut stream, &self.token_request(body))?;
        token_of(&answer, member)
    }

    fn bound_token_requests(&self, number: usize) -> Result<Vec<Vec<u8>>> {
        let own = format!("http://{}/token", self.address);
        let proofs = proofs::proofs(self.endpoints.token_url.unwrap_or(&own), number)?;
        let with = |proof| self.post("/token", TOKEN, &format!("dpop: {proof}\r\n"));
        Ok(proofs.into_iter().map(with).collect())
    }

    fn code_requests(&self, number: usize) -> Result<Vec<Vec<u8>>> {
        let mut browser = SignIn::start(self.address)?;
        let codes = (0..number).map(|_| Ok(self.token_request(&redeem(&browser.code()?))));
        codes.collect()
    }
}

/// The body of a token request.
const TOKEN: &str = "grant_type=client_credentials&scope=read";
