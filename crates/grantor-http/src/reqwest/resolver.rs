//! Names, resolved as the system does, but for those of this machine.

use std::fmt;

use grantor_core::is_localhost_name;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::loopback::loopback_addresses;
use crate::proxy::UnusableProxy;

/// Resolves names with errors that say which name it was. For `localhost` and the names below it
/// nobody is asked.
///
/// reqwest takes no proxy that fails, so a proxy that can't be used is one at [`UNUSABLE_PROXY`],
/// and resolving that name says why.
#[derive(Debug)]
pub(super) struct Resolver {
    pub(super) unusable_proxy: Option<UnusableProxy>,
}

/// A name that nobody has (RFC 6761 section 6.4).
pub(super) const UNUSABLE_PROXY: &str = "proxy-of-the-environment.invalid";

/// The reason why a name has no address.
#[derive(Debug)]
pub(super) struct Unresolved {
    name: String,
    source: std::io::Error,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let unusable = self.unusable_proxy.clone();
        Box::pin(async move {
            let name = name.as_str();
            if let Some(proxy) = unusable.filter(|_| name == UNUSABLE_PROXY) {
                return Err(proxy.into());
            }
            if is_localhost_name(name) {
                // A port of 0 stands for that of the URL.
                return Ok(Box::new(loopback_addresses(0).into_iter()) as Addrs);
            }
            match tokio::net::lookup_host((name, 0)).await {
                Ok(addresses) => Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs),
                Err(source) => Err(Unresolved {
                    name: name.to_owned(),
                    source,
                }
                .into()),
            }
        })
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name {:?} can't be resolved", self.name)
    }
}

impl std::error::Error for Unresolved {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
