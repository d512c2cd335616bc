//! The token endpoint.

use grantor_core::{ErrorCode, Params, TokenResponse};
use http::HeaderMap;

use crate::counters::count;
use crate::server::Inner;
use crate::{Error, TokenContext};

/// What every grant may read.
const COMMON: [&str; 3] = ["scope", "resource", "audience"];

impl Inner {
    pub(crate) async fn token(
        &self,
        headers: &HeaderMap,
        params: &Params<'_>,
    ) -> Result<TokenResponse, Error> {
        count(&self.counters.token_requests);
        let grant_type = params.get("grant_type").ok_or_else(|| {
            Error::refused(ErrorCode::InvalidRequest, "\"grant_type\" is missing")
        })?;
        let client = self.authenticate(headers, params).await?;
        let grant = self.grants.iter().find(|g| g.grant_type() == grant_type);
        let grant = grant.ok_or_else(|| {
            let description = "this server does not know the grant type";
            Error::refused(ErrorCode::UnsupportedGrantType, description)
        })?;
        if !client.may_use(grant_type) {
            let description = "this client may not use the grant type";
            return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
        }
        let declared = grant.parameters();
        let mut kept = Params::new();
        for (name, value) in params.iter() {
            if name == "grant_type" || COMMON.contains(&name) || declared.contains(&name) {
                kept.push(name, value);
            }
        }
        let now = self.environment.now();
        let context = TokenContext {
            inner: self,
            client: &client,
            params: &kept,
            now,
        };
        let issue = grant.handle(&context).await?;
        self.issue(&client, issue, now).await
    }
}
