//! The table of the endpoints.

use grantor_core::{BoxFuture, ServerMetadata};
use http::Method;
use url::Url;

use crate::config::{Config, Paths};
use crate::error::Error;
use crate::grant_type::{DeviceCode, GrantTypes};
use crate::http::{Call, Reply};
use crate::state::State;

/// One endpoint.
pub(crate) struct Endpoint {
    /// Its name in events and logs.
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) methods: &'static [Method],
    pub(crate) body: Body,
    pub(crate) authentication: Authentication,
    pub(crate) cors: Cors,
    /// Returns whether a server has it. One that does not exist is 404 and not in the metadata.
    pub(crate) exists: fn(&Offer<'_>) -> bool,
    /// Its part of the metadata.
    pub(crate) describe: fn(&Offer<'_>, Url, &mut ServerMetadata),
    pub(crate) faults: Faults,
    pub(crate) run: Run,
}

pub(crate) type Run = for<'a> fn(&'a State, &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>>;

/// Where an endpoint lies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// Below the issuer, where the configuration says.
    Below(fn(&Paths) -> &str),
    /// Below the issuer, at each path that the site names.
    OfSite,
    /// At both well-known locations of metadata (RFC 8414 sections 3 and 5).
    WellKnown,
}

/// The part of a request that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// The query of a GET, the form of a POST.
    Form,
    /// The query, and the JSON of a POST or PUT.
    Json,
    /// No body is read.
    Nothing,
}

/// The authentication that an endpoint requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// No caller is authenticated.
    Nobody,
    /// A client, by its registered method; a public one by its identifier alone.
    Client,
    /// A client with credentials.
    ConfidentialClient,
}

/// The web pages that may read the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cors {
    /// None: browsers go there themselves.
    No,
    /// Those of the origins that the client registered.
    Client,
    /// All: the answer is public.
    Any,
}

/// How a fault is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faults {
    /// As JSON (RFC 6749 section 5.2).
    Json,
    /// As a page for the user.
    Page,
}

/// The offer of a server, for [`Endpoint::exists`] and [`Endpoint::describe`].
#[derive(Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) config: &'a Config,
    pub(crate) grant_types: &'a GrantTypes,
    /// The paths of the site's own pages, below the issuer.
    pub(crate) site_paths: &'a [&'a str],
}

impl Offer<'_> {
    pub(super) fn has_pages(&self) -> bool {
        self.grant_types.with_pages().next().is_some()
    }

    /// Whether clients send browsers with requests. Devices send none.
    pub(super) fn has_authorization(&self) -> bool {
        let mut with_pages = self.grant_types.with_pages();
        with_pages.any(|name| name != DeviceCode::NAME)
    }

    pub(super) fn has_devices(&self) -> bool {
        self.grant_types.contains(DeviceCode::NAME)
    }
}
