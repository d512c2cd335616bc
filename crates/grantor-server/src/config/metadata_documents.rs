//! The clients that may be the URL of their metadata document.

/// Which clients may be the URL of their metadata document
/// (draft-ietf-oauth-client-id-metadata-document).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MetadataDocuments {
    /// None.
    #[default]
    No,
    /// Those whose URL has one of these hosts, which are names without a port.
    OfHosts(Vec<String>),
    /// All. The user decides about each, by its host.
    OfAnyHost,
}

impl MetadataDocuments {
    /// Whether there are any.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        *self != Self::No
    }

    /// Whether clients of a host are allowed.
    #[cfg(any(test, feature = "fetch"))]
    pub(crate) fn has(&self, host: &str) -> bool {
        match self {
            Self::No => false,
            Self::OfHosts(hosts) => hosts.iter().any(|own| own.eq_ignore_ascii_case(host)),
            Self::OfAnyHost => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_its_hosts_and_nothing_below_them() {
        let hosts = MetadataDocuments::OfHosts(vec!["app.example".to_owned()]);
        assert!(hosts.has("app.example"));
        for other in [
            "evil.example",
            "evil.app.example",
            "app.example.evil.example",
            "",
        ] {
            assert!(!hosts.has(other), "{other}");
        }
        assert!(MetadataDocuments::OfAnyHost.has("evil.example"));
        assert!(!MetadataDocuments::No.has("app.example"));
    }
}
