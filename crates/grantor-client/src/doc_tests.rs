//! The pages of `docs/` that are about the client: their examples, compiled and run.

#[doc = include_str!("../../../docs/client.md")]
mod client {}
#[doc = include_str!("../../../docs/coming-from/alf.md")]
mod coming_from_alf {}
#[doc = include_str!("../../../docs/coming-from/alf-auth0.md")]
mod coming_from_alf_auth0 {}
#[doc = include_str!("../../../docs/coming-from/authlib.md")]
mod coming_from_authlib {}
#[doc = include_str!("../../../docs/coming-from/httpx-oauth2.md")]
mod coming_from_httpx_oauth2 {}
#[doc = include_str!("../../../docs/coming-from/oauth2-rs.md")]
mod coming_from_oauth2_rs {}
