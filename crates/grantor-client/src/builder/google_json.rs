//! The JSON files of Google's: service accounts, external accounts, users.

use std::time::Duration;

use grantor_core::{Secret, token_type};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::TokensBuilder;
use crate::authorization_server::assertion::Assertion;
use crate::authorization_server::client_credential::ClientCredential;
use crate::config::server::Server;
use crate::error::Error;
use crate::renew::grant::token_exchange::Workload;
use crate::renew::grant::workload::Impersonation;
use crate::tokens::Tokens;
#[cfg(feature = "executable")]
use crate::workload::executable::words;
use crate::workload::{AwsIdentity, TokenUrl, WorkloadToken, WorkloadTokenFormat};

/// An external account: the members that are read.
#[derive(Deserialize)]
struct ExternalAccount {
    audience: String,
    subject_token_type: String,
    token_url: String,
    credential_source: CredentialSource,
    service_account_impersonation_url: Option<String>,
    service_account_impersonation: Option<ImpersonationSettings>,
    client_id: Option<String>,
    client_secret: Option<String>,
    workforce_pool_user_project: Option<String>,
}

#[derive(Deserialize)]
struct ImpersonationSettings {
    token_lifetime_seconds: Option<u64>,
}

#[derive(Deserialize)]
struct CredentialSource {
    file: Option<String>,
    url: Option<String>,
    #[serde(default)]
    headers: serde_json::Map<String, Value>,
    format: Option<Format>,
    environment_id: Option<String>,
    regional_cred_verification_url: Option<String>,
    executable: Option<Executable>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(rename = "type")]
    kind: Option<String>,
    subject_token_field_name: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(
    not(feature = "executable"),
    expect(dead_code, reason = "executables need the feature")
)]
struct Executable {
    command: String,
    timeout_millis: Option<u64>,
}

#[derive(Deserialize)]
struct AuthorizedUser {
    client_id: String,
    client_secret: String,
    refresh_token: String,
}

impl Tokens {
    /// Tokens of the JSON file that Google's tools write: of a service account, an external account
    /// (workload and workforce identity federation), or a user who signed in.
    ///
    /// An external account may name a file, a URL, the identity of an AWS workload, or (with the feature
    /// `executable`, where `GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES` is `1`) a program. Such a file
    /// chooses which file is read and where its content goes, so it must come from somebody you trust.
    ///
    /// ```no_run
    /// use grantor_client::Tokens;
    ///
    /// let file = std::fs::read_to_string("credentials.json")?;
    /// let tokens = Tokens::from_google_json(&file)?
    ///     .scope("https://www.googleapis.com/auth/cloud-platform")
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// It is another file, or one that names a source that is not known.
    pub fn from_google_json(file: &str) -> Result<TokensBuilder, Error> {
        Self::google_json_in(file, |name| std::env::var(name).ok())
    }

    /// Like [`from_google_json`](Self::from_google_json), with the variables that a function has, in place
    /// of those of the process.
    ///
    /// # Errors
    /// As [`from_google_json`](Self::from_google_json).
    pub fn google_json_in(
        file: &str,
        variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<TokensBuilder, Error> {
        // A message of serde's may quote the file.
        let file = file.trim_start_matches('\u{feff}');
        let json: Value = serde_json::from_str(file).map_err(|_| unknown())?;
        match json.get("type").and_then(Value::as_str) {
            Some("service_account") => {
                let (server, assertion) = Assertion::from_google_json(file)?;
                Ok(Self::jwt_bearer(server, assertion))
            }
            Some("authorized_user") => {
                let user: AuthorizedUser = serde_json::from_value(json).map_err(|_| unknown())?;
                let server = Server::at_token_endpoint("https://oauth2.googleapis.com/token");
                let tokens = Self::refresh_token(server, user.client_id, user.refresh_token);
                Ok(tokens.client_secret(user.client_secret))
            }
            Some("external_account") => {
                let account: ExternalAccount =
                    serde_json::from_value(json).map_err(|_| unknown())?;
                external(account, variable)
            }
            _ => Err(unknown()),
        }
    }
}

fn external(
    account: ExternalAccount,
    variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> Result<TokensBuilder, Error> {
    let token = source(&account, &variable)?.variables(variable);
    let impersonation = account.service_account_impersonation_url.as_deref();
    let impersonation = impersonation.map(|url| {
        let url: Option<Url> = url.parse().ok().filter(grantor_core::is_secure);
        let url = url.ok_or_else(|| {
            Error::configuration("\"service_account_impersonation_url\" is not an https URL")
        })?;
        let settings = account.service_account_impersonation.as_ref();
        let lifetime = settings.and_then(|settings| settings.token_lifetime_seconds);
        Ok::<_, Error>(Impersonation {
            url,
            lifetime: Duration::from_secs(lifetime.unwrap_or(3600)),
        })
    });
    let workload = Workload {
        token,
        token_type: account.subject_token_type,
        impersonation: impersonation.transpose()?,
    };
    let client_id = account.client_id.unwrap_or_default();
    let credential = match account.client_secret {
        Some(secret) => ClientCredential::Secret(Secret::new(secret)),
        None => ClientCredential::None,
    };
    let has_client = !client_id.is_empty();
    let server = Server::at_token_endpoint(account.token_url);
    let tokens = Tokens::token_exchange(server, client_id, credential)
        .audience(account.audience)
        .requested_token_type(token_type::ACCESS_TOKEN)
        .exchange(|exchange| exchange.workload = Some(Box::new(workload)));
    // A client is enough to name the project of the user.
    Ok(match account.workforce_pool_user_project {
        Some(project) if !has_client => {
            let options = serde_json::json!({ "userProject": project }).to_string();
            tokens.parameter("options", options)
        }
        _ => tokens,
    })
}

fn source(
    account: &ExternalAccount,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<WorkloadToken, Error> {
    let source = &account.credential_source;
    let format = match &source.format {
        Some(Format {
            kind: Some(kind),
            subject_token_field_name: Some(field),
        }) if kind == "json" => WorkloadTokenFormat::json(field),
        Some(Format { kind, .. }) if kind.as_deref().is_some_and(|kind| kind != "text") => {
            return Err(Error::configuration(
                "the format of the \"credential_source\" is neither \"text\" nor \"json\" with a \
                 \"subject_token_field_name\"",
            ));
        }
        _ => WorkloadTokenFormat::Text,
    };
    if let Some(environment) = &source.environment_id {
        if environment != "aws1" {
            return Err(Error::configuration(
                "the \"environment_id\" of the \"credential_source\" is another one than \"aws1\"",
            ));
        }
        let identity = AwsIdentity::new(&*account.audience);
        return Ok(match &source.regional_cred_verification_url {
            Some(url) => identity.verification_url(url).into(),
            None => identity.into(),
        });
    }
    match (&source.file, &source.url, &source.executable) {
        (Some(file), None, None) => Ok(WorkloadToken::file_in(file, format)),
        (None, Some(url), None) => {
            let headers = source.headers.iter();
            let headers = headers.filter_map(|(name, value)| Some((name, value.as_str()?)));
            let url = TokenUrl::new(url).format(format);
            let url = headers.fold(url, |url, (name, value)| url.header(name, value));
            Ok(url.into())
        }
        (None, None, Some(executable)) => program(executable, account, variable),
        _ => Err(Error::configuration(
            "the \"credential_source\" names none of a file, a URL, an AWS environment and an \
             executable, or several",
        )),
    }
}

#[cfg(not(feature = "executable"))]
fn program(
    _: &Executable,
    _: &ExternalAccount,
    _: &impl Fn(&str) -> Option<String>,
) -> Result<WorkloadToken, Error> {
    Err(Error::configuration(
        "the \"credential_source\" names an executable: enable the feature \"executable\"",
    ))
}

#[cfg(feature = "executable")]
fn program(
    executable: &Executable,
    account: &ExternalAccount,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<WorkloadToken, Error> {
    const ALLOWED: &str = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES";
    if variable(ALLOWED).as_deref() != Some("1") {
        return Err(Error::configuration(format!(
            "the \"credential_source\" names an executable: set {ALLOWED} to 1 if you trust the file"
        )));
    }
    let words = words(&executable.command).ok_or_else(|| {
        Error::configuration("the command of the executable is empty, or has a quote that is open")
    })?;
    let mut words = words.into_iter();
    let program = words.next().unwrap_or_default();
    if !std::path::Path::new(&program).is_absolute() {
        return Err(Error::configuration(
            "the command of the executable does not begin with an absolute path",
        ));
    }
    let program = crate::workload::TokenExecutable::new(program);
    let program = words.fold(program, |program, word| program.arg(word));
    let limit = executable.timeout_millis.unwrap_or(30_000);
    let email = account
        .service_account_impersonation_url
        .as_deref()
        .and_then(|url| url.rsplit('/').next()?.strip_suffix(":generateAccessToken"));
    let program = program
        .time_limit(Duration::from_millis(limit))
        .env("GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE", &*account.audience)
        .env(
            "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE",
            &*account.subject_token_type,
        )
        .env("GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE", "0");
    Ok(match email {
        Some(email) => program
            .env("GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL", email)
            .into(),
        None => program.into(),
    })
}

fn unknown() -> Error {
    Error::configuration(
        "this is not a JSON file of Google's with \"type\": \"service_account\", \
         \"external_account\" or \"authorized_user\" and all of its members",
    )
}
