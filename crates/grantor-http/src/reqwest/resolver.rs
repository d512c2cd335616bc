//! Names, resolved as the system does, but for those of this machine.

use std::fmt;
use std::net::SocketAddr;

use grantor_core::is_localhost_name;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::is_public_address;
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
            Ok(Box::new(look_up(name).await?.into_iter()) as Addrs)
        })
    }
}

/// Resolves names to public addresses alone. The client connects to what it gets from here and asks
/// nobody again, so a name that leads elsewhere a moment later (DNS rebinding) changes nothing.
#[derive(Debug)]
pub(super) struct PublicResolver;

/// A name or an address that leads to this machine or its networks.
#[derive(Debug)]
pub(super) struct NotPublic;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            if is_localhost_name(name.as_str()) {
                return Err(NotPublic.into());
            }
            let addresses = public_only(look_up(name.as_str()).await?)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The public addresses among those of a name.
fn public_only(mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NotPublic> {
    addresses.retain(|address| is_public_address(address.ip()));
    match addresses.is_empty() {
        true => Err(NotPublic),
        false => Ok(addresses),
    }
}

async fn look_up(name: &str) -> Result<Vec<SocketAddr>, Unresolved> {
    match tokio::net::lookup_host((name, 0)).await {
        Ok(addresses) => Ok(addresses.collect()),
        Err(source) => Err(Unresolved {
            name: name.to_owned(),
            source,
        }),
    }
}

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host has no public address, and a stranger named it")
    }
}

impl std::error::Error for NotPublic {}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn public(addresses: &[&str]) -> Option<Vec<String>> {
        let parsed = addresses.iter().map(|text| text.parse().unwrap());
        let kept = public_only(parsed.collect()).ok()?;
        Some(kept.iter().map(ToString::to_string).collect())
    }

    /// DNS rebinding: a name of an attacker's has a public address and a private one, or a private one
    /// the next time. The client connects to an address of this list, and resolves the name no second
    /// time.
    #[test]
    fn dns_rebinding_leaves_public_addresses_alone() {
        let mixed = [
            "127.0.0.1:0",
            "1.1.1.1:0",
            "[fd00::1]:0",
            "[::ffff:10.0.0.1]:0",
        ];
        assert_eq!(public(&mixed).unwrap(), ["1.1.1.1:0"]);
        assert_eq!(public(&["169.254.169.254:0", "[::1]:0"]), None);
        assert_eq!(public(&[]), None);
    }
}
