//! Providers with a URL for each tenant.

use std::borrow::Cow;
use std::fmt;

use super::pkce::Pkce;
use super::provider::{Provider, Source};
use super::quirks::{CAMEL_CASE, COMMAS};

/// A tenant has a character that would lead out of its place in a URL, or is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTenant;

impl fmt::Display for InvalidTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a tenant, host or shop may have letters, digits, \"-\", \"_\" and single \".\" only",
        )
    }
}

impl std::error::Error for InvalidTenant {}

/// Microsoft Entra: `tenant` is its identifier, a domain of it, or `common`, `organizations` or
/// `consumers`.
///
/// Only with an identifier is there an issuer: for a domain the metadata names the identifier, and
/// for the others no tenant at all, so neither compares equal.
///
/// It takes PKCE with S256 ("Microsoft identity platform and OAuth 2.0 authorization code flow"),
/// though its metadata does not say so.
///
/// # Errors
/// A tenant that does not fit into a URL.
pub fn microsoft(tenant: &str) -> Result<Provider, InvalidTenant> {
    let base = format!("https://login.microsoftonline.com/{}", part(tenant)?);
    let mut provider = at(
        "Microsoft Entra",
        &base,
        "/oauth2/v2.0/authorize",
        "/oauth2/v2.0/token",
    );
    provider.device_authorization_endpoint = Some(format!("{base}/oauth2/v2.0/devicecode").into());
    provider.pkce = Pkce::S256;
    provider.sources = &[Source::GoOauth2, Source::Documentation];
    if is_identifier(tenant) {
        provider.issuer = Some(format!("{base}/v2.0").into());
        provider.sources = &[Source::GoOauth2, Source::Metadata, Source::Documentation];
    }
    Ok(provider)
}

/// Azure AD B2C: the name of the tenant, and of the user flow (`B2C_1_...`).
///
/// # Errors
/// A name that does not fit into a URL.
pub fn azure_b2c(tenant: &str, policy: &str) -> Result<Provider, InvalidTenant> {
    let (tenant, policy) = (label(tenant)?, part(policy)?);
    let base = format!("https://{tenant}.b2clogin.com/{tenant}.onmicrosoft.com/{policy}");
    let (authorize, token) = ("/oauth2/v2.0/authorize", "/oauth2/v2.0/token");
    Ok(at("Azure AD B2C", &base, authorize, token))
}

/// Asgardeo.
///
/// # Errors
/// A tenant that does not fit into a URL.
pub fn asgardeo(tenant: &str) -> Result<Provider, InvalidTenant> {
    let base = format!("https://api.asgardeo.io/t/{}", part(tenant)?);
    Ok(at("Asgardeo", &base, "/oauth2/authorize", "/oauth2/token"))
}

/// Amazon Cognito: the host of the user pool, such as
/// `testing.auth.us-east-1.amazoncognito.com`. Tokens are fetched from that host: let nobody choose it
/// whom you don't trust. It takes PKCE with S256 ("Using PKCE in authorization code grants" of its
/// developer guide).
///
/// # Errors
/// A host that is none.
pub fn cognito(host: &str) -> Result<Provider, InvalidTenant> {
    let base = format!("https://{}", part(host)?);
    let (authorize, token) = ("/oauth2/authorize", "/oauth2/token");
    let mut provider = at("Amazon Cognito", &base, authorize, token);
    provider.pkce = Pkce::S256;
    provider.sources = &[Source::GoOauth2, Source::Documentation];
    Ok(provider)
}

/// A HipChat server. Tokens are fetched from that host: let nobody choose it whom you don't trust.
///
/// # Errors
/// A host that is none.
pub fn hipchat_server(host: &str) -> Result<Provider, InvalidTenant> {
    let base = format!("https://{}", part(host)?);
    Ok(at(
        "HipChat server",
        &base,
        "/users/authorize",
        "/v2/oauth/token",
    ))
}

/// Shopify, of one shop: its name alone, without `.myshopify.com`. Scopes are separated by commas, and
/// there is no `token_type`. The grant of its admin API is not known to take PKCE: "Authorization code
/// grant" of shopify.dev lists the parameters of both requests without it, and demands the client
/// secret.
///
/// # Errors
/// A name that is none; above all another host than Shopify's.
pub fn shopify(shop: &str) -> Result<Provider, InvalidTenant> {
    let base = format!("https://{}.myshopify.com", label(shop)?);
    let mut provider = at(
        "Shopify",
        &base,
        "/admin/oauth/authorize",
        "/admin/oauth/access_token",
    );
    provider.quirks = COMMAS;
    provider.sources = &[Source::GoOauth2, Source::Documentation];
    Ok(provider)
}

/// A plentymarkets shop, whose answers are in camel case: its host, and the path at which tokens are
/// had. It has no authorization endpoint here. Let nobody choose the host whom you don't trust.
///
/// # Errors
/// A host that is none, or a path that does not begin with `/` or has more than segments.
pub fn plentymarkets(host: &str, token_path: &str) -> Result<Provider, InvalidTenant> {
    let segments = token_path.strip_prefix('/').ok_or(InvalidTenant)?;
    for segment in segments.split('/').filter(|_| !segments.is_empty()) {
        part(segment)?;
    }
    let base = format!("https://{}", part(host)?);
    let mut provider = at("plentymarkets", &base, "", token_path);
    provider.authorization_endpoint = None;
    provider.quirks = CAMEL_CASE;
    provider.sources = &[Source::RequestsOauthlib];
    Ok(provider)
}

fn at(name: &'static str, base: &str, authorize: &str, token: &str) -> Provider {
    let mut provider = Provider::listed(name, "", "");
    provider.authorization_endpoint = Some(format!("{base}{authorize}").into());
    provider.token_endpoint = Cow::Owned(format!("{base}{token}"));
    provider
}

/// A host or a segment of a path: nothing in it ends its place in a URL, nor goes up.
fn part(text: &str) -> Result<&str, InvalidTenant> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let good = text.bytes().all(allowed) && !text.is_empty();
    let dots = text.starts_with('.') || text.ends_with('.') || text.contains("..");
    if good && !dots {
        Ok(text)
    } else {
        Err(InvalidTenant)
    }
}

/// One label of a host.
fn label(text: &str) -> Result<&str, InvalidTenant> {
    if text.contains(['.', '_']) {
        return Err(InvalidTenant);
    }
    part(text)
}

/// Returns whether it is a tenant's identifier, as in `72f988bf-86f1-41af-91ab-2d7cd011db47`.
fn is_identifier(tenant: &str) -> bool {
    let lengths = tenant.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && tenant.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}
