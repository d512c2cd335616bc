//! The configuration: defaults, then a TOML file, then the environment, then flags.

mod file;
mod grant_types;
mod grants;
mod keys;
mod stores;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use grantor_core::{Issuer, Scope, TrustedProxies};
use grantor_jose::Algorithm;
use grantor_listen::Options;
use grantor_server::{
    AccessTokens, DefaultScope, GrantTypeSettings, Lifetime, MetadataDocuments, Profile,
};

pub(crate) use self::grant_types::ServedGrantType;
pub(crate) use self::stores::{Location, Locations, has_password};
use crate::args::{Common, Serve};
use crate::command::secret_unless_empty;
use crate::error::{CliError, list};
use crate::files;
use crate::platform;

/// All settings, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) store: Locations,
    pub(crate) listen: SocketAddr,
    pub(crate) issuer: Option<Issuer>,
    pub(crate) profile: Profile,
    /// As the profile has it, if absent.
    pub(crate) access_tokens: Option<AccessTokens>,
    /// The characters of an opaque access token.
    pub(crate) opaque_length: Option<u16>,
    pub(crate) unique_access_tokens: bool,
    pub(crate) audience: Option<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) scopes: Scope,
    pub(crate) default_scope: DefaultScope,
    pub(crate) scope_separator: char,
    pub(crate) access_log: bool,
    pub(crate) access_token_lifetime: Option<Duration>,
    pub(crate) refresh_token_lifetime: Option<Lifetime>,
    pub(crate) grant_lifetime: Option<Lifetime>,
    /// By their names on the wire.
    pub(crate) grant_type_settings: BTreeMap<String, GrantTypeSettings>,
    pub(crate) refresh_grace: Option<Duration>,
    pub(crate) code_lifetime: Option<Duration>,
    pub(crate) pushed_request_lifetime: Option<Duration>,
    pub(crate) device_code_lifetime: Option<Duration>,
    pub(crate) grant_types: Vec<ServedGrantType>,
    pub(crate) require_pushed_requests: bool,
    pub(crate) metadata_documents: Option<MetadataDocuments>,
    pub(crate) registration: RegistrationMode,
    pub(crate) unused_client_lifetime: Option<Duration>,
    pub(crate) client_cache: Option<Duration>,
    pub(crate) request_deadline: Option<Duration>,
    pub(crate) danger_fetch_from_any_address: bool,
    pub(crate) listener: Options,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) client_assertion_algorithms: Option<Vec<Algorithm>>,
    pub(crate) signing_key_rotation: Option<Option<Duration>>,
    pub(crate) dpop_algorithms: Option<Vec<Algorithm>>,
    pub(crate) dpop_bound_access_tokens: bool,
    pub(crate) require_dpop_nonces: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./grantor-data"),
            store: Locations::default(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            issuer: None,
            profile: Profile::default(),
            access_tokens: None,
            opaque_length: None,
            unique_access_tokens: false,
            audience: None,
            resources: Vec::new(),
            scopes: Scope::default(),
            default_scope: DefaultScope::default(),
            scope_separator: ' ',
            access_log: false,
            access_token_lifetime: None,
            refresh_token_lifetime: None,
            grant_lifetime: None,
            grant_type_settings: BTreeMap::new(),
            refresh_grace: None,
            code_lifetime: None,
            pushed_request_lifetime: None,
            device_code_lifetime: None,
            grant_types: ServedGrantType::DEFAULT.to_vec(),
            require_pushed_requests: false,
            metadata_documents: None,
            registration: RegistrationMode::default(),
            unused_client_lifetime: None,
            client_cache: None,
            request_deadline: None,
            danger_fetch_from_any_address: false,
            listener: Options::default(),
            trusted_proxies: TrustedProxies::default(),
            client_assertion_algorithms: None,
            signing_key_rotation: None,
            dpop_algorithms: None,
            dpop_bound_access_tokens: false,
            require_dpop_nonces: false,
        }
    }
}

/// Which clients may register themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RegistrationMode {
    #[default]
    Off,
    /// Anybody.
    Open,
    /// Holders of the token in a variable.
    WithToken,
}

impl Config {
    /// The format of access tokens. An MCP server then needs no client of its own to read them.
    pub(crate) fn access_tokens(&self) -> AccessTokens {
        let by_profile = match self.profile {
            Profile::Mcp => AccessTokens::Jwt(Algorithm::Es256),
            _ => AccessTokens::Opaque,
        };
        match (self.access_tokens.unwrap_or(by_profile), self.opaque_length) {
            (AccessTokens::Opaque, Some(length)) => AccessTokens::OpaqueOfLength(length),
            (format, _) => format,
        }
    }

    /// The settings of a command that only needs what all have in common.
    pub(crate) fn for_common(common: &Common) -> Result<Self, CliError> {
        Self::read(common, None)
    }

    /// The settings of `serve`.
    pub(crate) fn for_serve(common: &Common, serve: &Serve) -> Result<Self, CliError> {
        Self::read(common, Some(serve))
    }

    fn read(common: &Common, serve: Option<&Serve>) -> Result<Self, CliError> {
        let mut config = Self::default();
        let mut problems = Vec::new();
        if let Some(path) = &common.config {
            let text = files::read_text(path).map_err(|error| {
                let path = path.display();
                CliError::configuration(format!("the configuration {path} can't be read: {error}"))
            })?;
            file::apply(&text, &mut config, &mut problems);
            if config.store.have_password() && platform::is_open_to_all(path) {
                problems.push(
                    "every user of this machine can read the password of a store in it: set it to 0640 \
                     or 0600 (chmod o-r), and change the password if somebody may have read it"
                        .to_owned(),
                );
            }
            for problem in &mut problems {
                *problem = format!("{}: {problem}", path.display());
            }
        }
        if let Some(data) = &common.data {
            config.data.clone_from(data);
        }
        if let Some((name, location)) = store_url(common)? {
            set(&mut config.store.default, name, location, &mut problems);
        }
        if let Some(listen) = serve.and_then(|serve| serve.listen.as_ref()) {
            set(
                &mut config.listen,
                "--listen or GRANTOR_LISTEN",
                parse_address(listen),
                &mut problems,
            );
        }
        if let Some(issuer) = serve.and_then(|serve| serve.issuer.as_ref()) {
            let parsed = Issuer::parse(issuer).map(Some).map_err(|e| e.to_string());
            let name = "--issuer or GRANTOR_ISSUER";
            set(&mut config.issuer, name, parsed, &mut problems);
        }
        if let Some(profile) = serve.and_then(|serve| serve.profile.as_ref()) {
            let name = "--profile or GRANTOR_PROFILE";
            set(
                &mut config.profile,
                name,
                keys::profile(profile),
                &mut problems,
            );
        }
        if let Some(scope) = serve
            .map(|serve| &serve.scope)
            .filter(|scope| !scope.is_empty())
        {
            let parsed = Scope::parse(&scope.join(" ")).map_err(|error| error.to_string());
            set(&mut config.scopes, "--scope", parsed, &mut problems);
        }
        for resource in serve.into_iter().flat_map(|serve| &serve.resources) {
            match keys::resource_url(resource) {
                Ok(resource) => config.resources.push(resource),
                Err(problem) => problems.push(format!("--resource: {problem}")),
            }
        }
        let has_length = matches!(config.access_tokens(), AccessTokens::OpaqueOfLength(_));
        if config.opaque_length.is_some() && !has_length {
            problems.push("tokens.length: only opaque access tokens have one".to_owned());
        }
        // Of `serve` alone, which may have the profile from a flag.
        let grant_types = serve.iter().flat_map(|_| &config.grant_types);
        problems.extend(grant_types.filter_map(|own| own.problem_under(config.profile)));
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(CliError::configuration(list(
                "the configuration is wrong",
                &problems,
            )))
        }
    }
}

/// The variable with the URL of the store.
const STORE_URL: &str = "GRANTOR_STORE_URL";

/// Returns the URL of the store beside the file, and its source. Only a variable may have a
/// password.
#[expect(clippy::type_complexity, reason = "a name and what is read of it")]
fn store_url(
    common: &Common,
) -> Result<Option<(&'static str, Result<Location, String>)>, CliError> {
    if let Some(url) = &common.store_url {
        if has_password(url) {
            return Err(CliError::usage(format!(
                "other users of this machine can read a password in an argument: give the URL in \
                 {STORE_URL} or in the configuration file"
            )));
        }
        return Ok(Some(("--store-url", Location::parse(url))));
    }
    let url = secret_unless_empty(STORE_URL, "the database in the data folder")?;
    Ok(url.map(|url| (STORE_URL, Location::parse(url.expose()))))
}

/// Takes a value, or notes its fault and its source.
fn set<T>(target: &mut T, name: &str, value: Result<T, String>, problems: &mut Vec<String>) {
    match value {
        Ok(value) => *target = value,
        Err(problem) => problems.push(format!("{name}: {problem}")),
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "an address is an IP address and a port, as 127.0.0.1:8787".to_owned())
}
