//! The metadata of a client, held to the server's rules: for clients that register themselves and for
//! metadata documents.

use grantor_core::{ApplicationType, ClientMetadata, ErrorCode, Scope};
use grantor_http::Addresses;
use grantor_jose::check::{holds, is_off};
use url::{Host, Url};

use super::{ClientAuthMethod, ClientKeys, NewClient, RegisteredBy};
use crate::error::Error;
use crate::fetch::check_url;

/// The rules for clients that describe themselves.
#[derive(Debug, Clone)]
pub(crate) struct SelfDescribed {
    /// The most that they may ask for.
    pub(crate) scope: Scope,
    /// Whether `scope` in their metadata is a bound of their own.
    pub(crate) own_scope_is_bound: bool,
    /// The grant types that they may use; others are left out.
    pub(crate) grant_types: Vec<String>,
    /// How they may authenticate.
    pub(crate) auth_methods: Vec<ClientAuthMethod>,
    /// Their method if they name none.
    pub(crate) default_auth_method: ClientAuthMethod,
    /// Where their keys may be fetched from; nowhere, if the server has no transport.
    pub(crate) key_addresses: Option<Addresses>,
}

/// The most redirect URIs of one client.
const MAX_REDIRECT_URIS: usize = 20;

impl SelfDescribed {
    /// The client that metadata describes.
    ///
    /// # Errors
    /// `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 section 3.2.2).
    pub(crate) fn client(
        &self,
        id: &str,
        metadata: &ClientMetadata,
        registered_by: RegisteredBy,
    ) -> Result<NewClient, Error> {
        check_redirect_uris(metadata)?;
        check_urls(metadata)?;
        let mut new = NewClient::confidential(id);
        let client = &mut new.client;
        client.registered_by = registered_by;
        client.name.clone_from(&metadata.client_name);
        client.auth_method = self.auth_method(metadata)?;
        if client.auth_method == ClientAuthMethod::PrivateKeyJwt {
            match &metadata.jwks_uri {
                Some(url) => client.jwks_uri = Some(self.keys_url(url)?),
                None => client.jwks = Some(keys(metadata)?),
            }
        }
        client.grant_types = self.grant_types(metadata)?;
        client.redirect_uris.clone_from(&metadata.redirect_uris);
        client.scope = match &metadata.scope {
            Some(wanted) if is_off("registration.scope") => wanted.clone(),
            Some(wanted) if self.own_scope_is_bound => wanted.intersection(&self.scope),
            _ => self.scope.clone(),
        };
        client.dpop_bound_access_tokens = metadata.dpop_bound_access_tokens;
        client.require_pushed_authorization_requests =
            metadata.require_pushed_authorization_requests;
        match new.problems() {
            problems if problems.is_empty() => Ok(new),
            problems => Err(invalid_metadata(problems.join("; "))),
        }
    }

    /// The URL of a client's public keys, if the server would fetch it.
    fn keys_url(&self, url: &Url) -> Result<Url, Error> {
        let Some(addresses) = self.key_addresses else {
            let description = "this server fetches no keys: give them by value in \"jwks\"";
            return Err(invalid_metadata(description));
        };
        check_url(url, addresses)
            .map_err(|why| invalid_metadata(format!("\"jwks_uri\": {why}")))?;
        Ok(url.clone())
    }

    fn auth_method(&self, metadata: &ClientMetadata) -> Result<ClientAuthMethod, Error> {
        let Some(wanted) = &metadata.token_endpoint_auth_method else {
            return Ok(self.default_auth_method);
        };
        let method = ClientAuthMethod::try_from(wanted).ok();
        method
            .filter(|method| self.auth_methods.contains(method))
            .ok_or_else(|| {
                let known = self.auth_methods.iter().map(|own| own.as_str());
                invalid_metadata(format!(
                    "\"token_endpoint_auth_method\" must be one of: {}",
                    known.collect::<Vec<_>>().join(", ")
                ))
            })
    }

    fn grant_types(&self, metadata: &ClientMetadata) -> Result<Vec<String>, Error> {
        let code = "authorization_code".to_owned();
        let wanted = match metadata.grant_types.as_slice() {
            [] => std::slice::from_ref(&code),
            wanted => wanted,
        };
        let allowed = wanted.iter().filter(|name| self.grant_types.contains(name));
        let allowed: Vec<String> = allowed.cloned().collect();
        if !allowed.iter().any(|name| name != "refresh_token") {
            return Err(invalid_metadata(format!(
                "\"grant_types\" needs one of: {}",
                self.grant_types.join(", ")
            )));
        }
        let response_types = &metadata.response_types;
        let has_code = response_types.is_empty() || response_types.iter().any(|own| own == "code");
        if allowed.contains(&code) && !has_code {
            let description = "\"grant_types\" has authorization_code, and \"response_types\" has not \
                               code (RFC 7591 section 2.1)";
            return Err(invalid_metadata(description));
        }
        Ok(allowed)
    }
}

/// The redirect URIs fit the kind of application (OpenID Connect Registration section 2). A client
/// that names no kind may have those of both: many run on the user's device and say nothing.
fn check_redirect_uris(metadata: &ClientMetadata) -> Result<(), Error> {
    if metadata.redirect_uris.len() > MAX_REDIRECT_URIS {
        let description = format!("a client has at most {MAX_REDIRECT_URIS} redirect URIs");
        return Err(invalid_redirect_uri(description));
    }
    match &metadata.application_type {
        Some(ApplicationType::Web) => {
            let mut uris = metadata.redirect_uris.iter();
            match uris.find(|uri| !is_of_web_application(uri.as_str())) {
                None => Ok(()),
                Some(_) => Err(invalid_redirect_uri(
                    "the redirect URIs of a web application are https and not on localhost; an \
                     application on the user's device has the \"application_type\" native",
                )),
            }
        }
        Some(ApplicationType::Native) | None => Ok(()),
        Some(_) => Err(invalid_metadata(
            "\"application_type\" must be web or native",
        )),
    }
}

fn is_of_web_application(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else {
        return false;
    };
    url.scheme() == "https" && !grantor_core::is_loopback(&url)
}

/// URLs that pages may show lead to web pages, and run nothing (CVE-2026-22752).
fn check_urls(metadata: &ClientMetadata) -> Result<(), Error> {
    for (name, url) in [
        ("client_uri", &metadata.client_uri),
        ("logo_uri", &metadata.logo_uri),
        ("tos_uri", &metadata.tos_uri),
        ("policy_uri", &metadata.policy_uri),
    ] {
        let is_page = |url: &Url| {
            matches!(url.scheme(), "https" | "http")
                && url.username().is_empty()
                && url.password().is_none()
                && matches!(
                    url.host(),
                    Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_))
                )
        };
        if !holds("registration.urls", url.as_ref().is_none_or(is_page)) {
            return Err(invalid_metadata(format!(
                "\"{name}\" is not the URL of a web page"
            )));
        }
    }
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        let description = "\"jwks\" and \"jwks_uri\" exclude each other (RFC 7591 section 2)";
        return Err(invalid_metadata(description));
    }
    Ok(())
}

/// The public keys of a client that signs, by value.
fn keys(metadata: &ClientMetadata) -> Result<ClientKeys, Error> {
    let missing = "private_key_jwt needs the public keys of the client in \"jwks\", or their URL in \
                   \"jwks_uri\"";
    let jwks = metadata.jwks.as_ref();
    let jwks = jwks.ok_or_else(|| invalid_metadata(missing))?;
    ClientKeys::from_json(&jwks.to_string())
        .map_err(|why| invalid_metadata(format!("\"jwks\": {why}")))
}

pub(crate) fn invalid_metadata(description: impl Into<String>) -> Error {
    Error::refused(ErrorCode::InvalidClientMetadata, description)
}

fn invalid_redirect_uri(description: impl Into<String>) -> Error {
    Error::refused(ErrorCode::InvalidRedirectUri, description)
}

#[cfg(test)]
mod tests;
