//! The token of huskarl.

use std::hint::black_box;

use bytes::Bytes;
use harness::Result;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use huskarl::authorizer::HttpAuthorizer;
use huskarl::cache::{GrantTokenSource, InMemoryRefreshTokenStore, InMemoryTokenCache};
use huskarl::core::Error;
use huskarl::core::client_auth::NoAuth;
use huskarl::core::http::{HttpClient, HttpResponse, Idempotency};
use huskarl::core::platform::MaybeSendBoxFuture;
use huskarl::grant::client_credentials::{
    ClientCredentialsGrant, ClientCredentialsGrantParameters,
};
use tokio::runtime::Runtime;

use super::Call;
use tokens_group::identity_provider::answer;
use tokens_group::ours::at_once;

/// The headers of a request: that is `HttpAuthorizer::get_headers`.
pub(super) fn set_up(runtime: Runtime) -> Result<Call> {
    let endpoint: huskarl::core::EndpointUrl = "https://idp.example/token".parse()?;
    let grant = ClientCredentialsGrant::builder()
        .client_id("app")
        .http_client(Answers)
        .client_auth(NoAuth)
        .token_endpoint(endpoint)
        .build();
    let source = GrantTokenSource::builder()
        .grant(grant)
        .grant_parameters(ClientCredentialsGrantParameters::default())
        .refresh_store(InMemoryRefreshTokenStore::default())
        .build();
    let cache = InMemoryTokenCache::builder().source(source).build();
    let authorizer = HttpAuthorizer::builder().cache(cache).build();
    let uri = Uri::from_static("https://api.example/things?page=1");
    runtime.block_on(authorizer.get_headers(&Method::GET, &uri))?;
    Ok(Box::new(move || {
        let _runtime = &runtime;
        let headers = at_once(authorizer.get_headers(&Method::GET, black_box(&uri)));
        assert!(matches!(black_box(headers), Some(Ok(_))));
    }))
}

struct Answers;

impl HttpClient for Answers {
    fn execute(
        &self,
        _: Request<Bytes>,
        _: Idempotency,
    ) -> MaybeSendBoxFuture<'_, std::result::Result<HttpResponse, Error>> {
        Box::pin(async {
            Ok(HttpResponse {
                status: StatusCode::OK,
                headers: HeaderMap::new(),
                body: Bytes::from(answer(3600)),
            })
        })
    }
}
