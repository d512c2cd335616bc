//! The token of google-cloud-auth.

use std::hint::black_box;

use google_cloud_auth::credentials::user_account::Builder;
use harness::Result;
use http::Extensions;
use serde_json::json;
use tokio::runtime::Runtime;

use super::Call;
use tokens_group::identity_provider::listen;
use tokens_group::ours::at_once;

/// The headers of a user's credentials: that is `Credentials::headers`.
pub(super) fn set_up(runtime: Runtime) -> Result<Call> {
    let user = json!({
        "type": "authorized_user",
        "client_id": "app",
        "client_secret": "s3cret",
        "refresh_token": "refresh",
    });
    let endpoint = format!("http://{}/token", listen()?);
    let credentials = runtime.block_on(async {
        let credentials = Builder::new(user).with_token_uri(endpoint).build()?;
        credentials.headers(Extensions::new()).await?;
        Result::Ok(credentials)
    })?;
    Ok(Box::new(move || {
        let _runtime = &runtime;
        let headers = at_once(black_box(&credentials).headers(Extensions::new()));
        assert!(matches!(black_box(headers), Some(Ok(_))));
    }))
}
