//! The list of the foreign programs, and which server each of them talks to.

/// The interpreter of a script.
#[derive(Clone, Copy)]
pub(super) enum Language {
    Python,
    /// With the packages of the Model Context Protocol, which exclude some of the others.
    PythonForMcp,
    JavaScript,
}

/// The server that a script talks to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    Ours,
    /// Ours with the profile of the Model Context Protocol, before an MCP server.
    OursForMcp,
    OidcProvider,
    /// The same over https, for clients with a certificate.
    OidcProviderOverTls,
    /// The same with all of OpenID Connect, where clients register themselves.
    OpenIdProvider,
    /// The server of Authlib.
    Authlib,
    DjangoOAuthToolkit,
}

impl Side {
    pub(super) const ALL: [Self; 7] = [
        Self::Ours,
        Self::OursForMcp,
        Self::OidcProvider,
        Self::OidcProviderOverTls,
        Self::OpenIdProvider,
        Self::Authlib,
        Self::DjangoOAuthToolkit,
    ];
}

pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) side: Side,
    pub(super) language: Language,
    pub(super) script: &'static str,
}

impl Peer {
    /// Returns whether the command line means it: by its name, or with all others of `mcp-server`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || (self.side == Side::OursForMcp && name == MCP_SERVER)
    }
}

/// All that talks to our server with the profile of the Model Context Protocol.
pub(super) const MCP_SERVER: &str = "mcp-server";

pub(super) const PROGRAMS: [Peer; 21] = [
    peer("alf", Side::Ours, Language::Python, "alf_client.py"),
    peer(
        "httpx-oauth2",
        Side::Ours,
        Language::Python,
        "httpx_oauth2_client.py",
    ),
    peer("authlib", Side::Ours, Language::Python, "authlib_client.py"),
    peer(
        "authlib",
        Side::Ours,
        Language::Python,
        "authlib_extensions.py",
    ),
    peer(
        "requests-oauthlib",
        Side::Ours,
        Language::Python,
        "requests_oauthlib_client.py",
    ),
    peer(
        "requests-oauth2client",
        Side::Ours,
        Language::Python,
        "requests_oauth2client_client.py",
    ),
    peer(
        "openid-client",
        Side::Ours,
        Language::JavaScript,
        "openid_client.mjs",
    ),
    peer(
        "openid-client",
        Side::Ours,
        Language::JavaScript,
        "openid_client_extensions.mjs",
    ),
    peer(
        "oauth4webapi",
        Side::Ours,
        Language::JavaScript,
        "oauth4webapi_client.mjs",
    ),
    peer("oauth2", Side::Ours, Language::Python, "oauth2_crate.py"),
    peer(
        "oauthlib",
        Side::Ours,
        Language::Python,
        "oauth1_servers.py",
    ),
    peer(
        "oauth-1.0a",
        Side::Ours,
        Language::JavaScript,
        "oauth1_client.mjs",
    ),
    peer(
        "mcp-npm",
        Side::OursForMcp,
        Language::JavaScript,
        "mcp_client.mjs",
    ),
    peer(
        "mcp-pypi",
        Side::OursForMcp,
        Language::PythonForMcp,
        "mcp_sdk.py",
    ),
    peer(
        "mcp-authlab",
        Side::OursForMcp,
        Language::PythonForMcp,
        "mcp_authlab_scan.py",
    ),
    // The suite starts servers of its own.
    peer(
        "mcp",
        Side::Ours,
        Language::JavaScript,
        "mcp_conformance.mjs",
    ),
    peer(
        "oidc-provider",
        Side::OidcProvider,
        Language::Python,
        "grantor_client.py",
    ),
    peer(
        "oidc-provider-mtls",
        Side::OidcProviderOverTls,
        Language::Python,
        "grantor_mtls.py",
    ),
    peer(
        "authlib-server",
        Side::Authlib,
        Language::Python,
        "grantor_client.py",
    ),
    peer(
        "django-oauth-toolkit",
        Side::DjangoOAuthToolkit,
        Language::Python,
        "grantor_client.py",
    ),
    peer(
        "oidc-provider",
        Side::OpenIdProvider,
        Language::Python,
        "relying_party.py",
    ),
];

pub(super) const BROWSER: [Peer; 1] = [peer(
    "chromium",
    Side::Ours,
    Language::JavaScript,
    "chromium.mjs",
)];

const fn peer(name: &'static str, side: Side, language: Language, script: &'static str) -> Peer {
    Peer {
        name,
        side,
        language,
        script,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_there_once() {
        let folder = crate::workspace::root().join("interop").join("clients");
        let mut scripts: Vec<_> = PROGRAMS
            .iter()
            .map(|peer| (peer.script, peer.name))
            .collect();
        for (script, _) in &scripts {
            assert!(folder.join(script).is_file(), "{script}");
        }
        scripts.sort_unstable();
        scripts.dedup();
        assert_eq!(scripts.len(), PROGRAMS.len());
    }

    #[test]
    fn a_name_calls_all_scripts_of_a_program_and_one_those_of_mcp() {
        let called = |name| PROGRAMS.iter().filter(|peer| peer.is_called(name)).count();
        assert_eq!(called("authlib"), 2);
        assert_eq!(called(MCP_SERVER), 3);
        assert_eq!(called("nobody"), 0);
    }
}
