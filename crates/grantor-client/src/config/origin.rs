//! Where tokens may go: only to origins that were named, and only over https or loopback.

use std::sync::{Mutex, PoisonError};

use grantor_core::{LocalhostNames, is_plain_localhost_name};
use http::Uri;
use http::uri::{Authority, Scheme};
use url::Url;

use crate::error::Error;

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
    /// The authority as it is mostly written: without the port if it is the scheme's own.
    authority: String,
    /// The resolver that its host needs, for http to be secure.
    needs: LocalhostNames,
}

/// A small number for an origin, the same in all handles of one manager.
pub(crate) type OriginId = u8;

impl Origin {
    /// The origin of a URL.
    pub(crate) fn of(url: &Url) -> Result<Self, String> {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(format!("\"{}:\" names no origin", url.scheme()));
        };
        if host.contains('*') {
            return Err(format!(
                "an origin is one host, and \"{host}\" stands for several: name each of them"
            ));
        }
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let scheme = url.scheme();
        let needs = if is_plain_localhost_name(url) {
            LocalhostNames::Loopback
        } else {
            LocalhostNames::ByDns
        };
        // Secure URLs are https, or http to loopback.
        let known = scheme.parse().ok().filter(|_| needs.is_secure(url));
        let Some(scheme) = known else {
            return Err(format!(
                "tokens may not go to {scheme}://{authority}: use https, or a loopback address"
            ));
        };
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port,
            authority,
            needs,
        })
    }

    /// Reads an origin as a user writes it, or takes that of a URL below it. The error does not repeat
    /// what may be a password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| {
            format!("an origin is not a URL ({error}): name scheme, host and port")
        })?;
        let origin = Self::of(&url)?;
        if url.username().is_empty() && url.password().is_none() {
            return Ok(origin);
        }
        Err(format!(
            "an origin at {}://{} has a name or a password too: name scheme, host and port only",
            origin.scheme, origin.authority
        ))
    }

    fn holds(&self, uri: &Uri) -> bool {
        if uri.scheme() != Some(&self.scheme) {
            return false;
        }
        let Some(authority) = uri.authority() else {
            return false;
        };
        if authority.as_str() == self.authority {
            return true;
        }
        let default = if self.scheme == Scheme::HTTPS {
            443
        } else {
            80
        };
        authority.host().eq_ignore_ascii_case(&self.host)
            && port(authority, default) == Some(self.port)
    }
}

/// The port of an authority; none if it is no number of a port, which every HTTP client would read in
/// a way of its own.
fn port(authority: &Authority, default: u16) -> Option<u16> {
    match host_and_port(authority)
        .strip_prefix(authority.host())?
        .strip_prefix(':')
    {
        None | Some("") => Some(default),
        Some(port) => port.parse().ok(),
    }
}

/// An authority without the name and the password that may be in it.
fn host_and_port(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

/// The origins that one handle may send its token to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins {
    /// Those that any client may send to.
    secure: Vec<(Origin, OriginId)>,
    /// Those of http below `localhost`, for clients that resolve these names themselves.
    below_localhost: Vec<(Origin, OriginId)>,
}

impl Origins {
    /// The origin that a request goes to which a client sends that resolves names so.
    // Part of every request, as what calls it.
    #[inline(always)]
    pub(crate) fn find(&self, uri: &Uri, names: LocalhostNames) -> Result<OriginId, Error> {
        let mut origins = self.secure.iter();
        match origins.find(|(origin, _)| origin.holds(uri)) {
            Some((_, id)) => Ok(*id),
            None => self.find_below_localhost(uri, names),
        }
    }

    #[cold]
    fn find_below_localhost(&self, uri: &Uri, names: LocalhostNames) -> Result<OriginId, Error> {
        let mut origins = self.below_localhost.iter();
        match origins.find(|(origin, _)| origin.holds(uri)) {
            Some((_, id)) if names == LocalhostNames::Loopback => Ok(*id),
            Some(_) => Err(by_dns(uri)),
            None => Err(elsewhere(uri)),
        }
    }

    pub(crate) fn with(&self, origin: Origin, id: OriginId) -> Self {
        let mut origins = self.clone();
        let known = match origin.needs {
            LocalhostNames::Loopback => &mut origins.below_localhost,
            _ => &mut origins.secure,
        };
        if !known.iter().any(|(known, _)| *known == origin) {
            known.push((origin, id));
        }
        origins
    }
}

/// The origin was named, and the client that sends there may find anybody behind its host.
fn by_dns(uri: &Uri) -> Error {
    let authority = uri.authority().map_or("", host_and_port);
    Error::configuration(format!(
        "the token may not go to http://{authority} over this client, which may ask DNS for the \
         name: send by a session of grantor's own client, or use https or a loopback address"
    ))
}

#[cold]
fn elsewhere(uri: &Uri) -> Error {
    match (uri.scheme_str(), uri.authority().map(host_and_port)) {
        (Some(scheme), Some(authority)) => Error::configuration(format!(
            "the token is not for {scheme}://{authority}: name that origin with \"allow_origin\" \
             if it may go there"
        )),
        _ => Error::configuration("a token goes to an absolute URI only: give scheme and host"),
    }
}

/// Gives every origin of a manager its number. The last one is shared by all that come too late.
#[derive(Debug, Default)]
pub(crate) struct OriginIds(Mutex<Vec<Origin>>);

impl OriginIds {
    pub(crate) const LAST: OriginId = 63;
    /// The origin that was named first: of tokens for a resource it is the resource's own.
    pub(crate) const FIRST: OriginId = 0;

    pub(crate) fn id(&self, origin: &Origin) -> OriginId {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().position(|other| other == origin);
        let at = at.unwrap_or_else(|| {
            known.push(origin.clone());
            known.len() - 1
        });
        OriginId::try_from(at).map_or(Self::LAST, |at| at.min(Self::LAST))
    }

    /// Checks that a request goes to the origin with this number, or to one of those that share the
    /// last, and that the HTTP client may send there.
    pub(crate) fn check(
        &self,
        id: OriginId,
        uri: &Uri,
        names: LocalhostNames,
    ) -> Result<(), Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = usize::from(id);
        let till = if id == Self::LAST {
            known.len()
        } else {
            from + 1
        };
        let mut of_number = known.iter().take(till).skip(from);
        match of_number.find(|origin| origin.holds(uri)) {
            Some(origin) if origin.needs == LocalhostNames::ByDns || origin.needs == names => {
                Ok(())
            }
            Some(_) => Err(by_dns(uri)),
            None => Err(elsewhere(uri)),
        }
    }
}

#[cfg(test)]
mod tests;
