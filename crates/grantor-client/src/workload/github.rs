//! The token of a job of GitHub Actions.

use std::fmt;

use grantor_core::{BoxFuture, Secret};
use serde::Deserialize;
use url::Url;

use super::http::get;
use super::platform::{Platform, PlatformContext, PlatformToken};
use crate::error::Error;

const WHOSE: &str = "the token service of GitHub Actions";

pub(super) struct GithubActions {
    audience: String,
}

#[derive(Deserialize)]
struct Answer {
    value: String,
}

impl GithubActions {
    pub(super) fn new(audience: String) -> Self {
        Self { audience }
    }

    async fn ask(&self, context: &PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let job = "a job of GitHub Actions with the permission \"id-token: write\"";
        let url = context.needed("ACTIONS_ID_TOKEN_REQUEST_URL", job)?;
        let bearer = Secret::new(context.needed("ACTIONS_ID_TOKEN_REQUEST_TOKEN", job)?);
        let mut url: Url = url.parse().map_err(|_| {
            Error::configuration("ACTIONS_ID_TOKEN_REQUEST_URL has no URL".to_owned())
        })?;
        url.query_pairs_mut()
            .append_pair("audience", &self.audience);
        let bearer = Secret::new(format!("Bearer {}", bearer.expose()));
        let headers = [
            ("authorization", bearer.expose()),
            ("accept", "application/json"),
        ];
        let request = get(url.as_str(), &headers, WHOSE)?;
        let answer: Answer = context.send_for_json(request, WHOSE).await?;
        Ok(Secret::new(answer.value).into())
    }
}

impl Platform for GithubActions {
    fn fetch<'a>(
        &'a self,
        context: &'a PlatformContext<'_>,
    ) -> BoxFuture<'a, Result<PlatformToken, Error>> {
        Box::pin(self.ask(context))
    }
}

impl fmt::Debug for GithubActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{WHOSE} (for {:?})", self.audience)
    }
}
