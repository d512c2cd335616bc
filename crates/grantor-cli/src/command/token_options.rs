//! Which token, and where it is kept, as `token` and `request` take it.

use std::path::Path;

use grantor_client::{TokenSet, Tokens, TokensBuilder};

use super::client_certificate::presenting;
use super::connection::trusting;
use super::dpop::binding;
use super::saved_logins::{self, KeyPlace, LoginList, Place, SavedLogin, Wanted, no_login};
use super::server_options::Named;
use super::{client_options, grant_options, input};
use crate::args::{ClientOptions, Common, GrantOptions, ServerOptions, TokenOptions};
use crate::error::{CliError, Exit};

/// What `token` and `request` are told.
#[derive(Clone, Copy)]
pub(super) struct Options<'a> {
    pub(super) common: &'a Common,
    pub(super) server: &'a ServerOptions,
    pub(super) client: &'a ClientOptions,
    pub(super) grant: &'a GrantOptions,
    pub(super) token: &'a TokenOptions,
}

/// Tokens, what messages call their server, and the login that they are of.
pub(super) struct Opened {
    pub(super) tokens: Tokens,
    pub(super) name: String,
    login: Option<SavedLogin>,
}

impl Options<'_> {
    /// The tokens that the options name, for these origins.
    pub(super) async fn open(&self, origins: Vec<String>) -> Result<Opened, CliError> {
        let place = Place::of(self.token.store.as_ref(), self.token.store_key.as_ref());
        if self.token.login.is_some() || !self.names_grant() {
            let list = place.ok_or_else(no_login)?.open_existing().await?;
            return self.open_login(&list, origins).await;
        }
        // A client without a secret has no token of its own, but may have users.
        let may_be_login = !self.names_other_grant() && !client_options::is_proven(self.client)?;
        if let Some(place) = place.filter(|place| may_be_login && place.exists()) {
            let list = place.open_existing().await?;
            if list.has(&self.wanted()).await? {
                return self.open_login(&list, origins).await;
            }
        }
        self.open_grant(origins).await
    }

    /// Returns whether the options say where a token comes from, other than a login.
    fn names_grant(&self) -> bool {
        self.names_other_grant() || client_options::id(self.client).is_ok()
    }

    fn names_other_grant(&self) -> bool {
        self.grant.username.is_some()
            || self.grant.refresh_token_file.is_some()
            || self.grant.subject_token_file.is_some()
            || self.token.token_endpoint.is_some()
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            label: self.token.login.as_deref(),
            issuer: self.server.issuer.as_deref(),
            client_id: client_options::id(self.client).ok(),
        }
    }

    async fn open_login(&self, list: &LoginList, origins: Vec<String>) -> Result<Opened, CliError> {
        let options = self.token;
        if options.dpop.dpop || options.dpop.dpop_key.is_some() {
            return Err(CliError::usage(
                "a login has the key that it began with: leave --dpop and --dpop-key out, or give them \
                 to grantor login",
            ));
        }
        let kept = list.find(&self.wanted()).await?;
        let asked = SavedLogin {
            scope: options.scope.clone().or_else(|| kept.scope.clone()),
            resources: either(&options.resources, &kept.resources),
            audiences: either(&options.audiences, &kept.audiences),
            ..kept.clone()
        };
        let connection = &self.server.connection;
        let mut builder = saved_logins::builder(&asked, list, self.client, connection)?;
        for text in &options.parameters {
            let (name, value) = parameter(text)?;
            builder = builder.parameter(name, value);
        }
        Ok(Opened {
            tokens: with_origins(builder, origins).build()?,
            name: kept.issuer.clone(),
            login: Some(kept),
        })
    }

    async fn open_grant(&self, origins: Vec<String>) -> Result<Opened, CliError> {
        let options = self.token;
        let endpoint = options.token_endpoint.as_ref();
        let named = Named::with_endpoint(self.common, self.server, endpoint, |server, url| {
            server.endpoints.token = Some(url);
        });
        let Named { server, name } = named?;
        let subject = grant_options::subject(self.grant)?;
        let builder = grant_options::builder(server, self.client, self.grant)?;
        let builder = presenting(builder, self.client)?;
        let mut builder = trusting(builder, &self.server.connection)?;
        if let Some(scope) = &options.scope {
            builder = builder.scope(scope);
        }
        for resource in &options.resources {
            builder = builder.resource(resource);
        }
        for audience in &options.audiences {
            builder = builder.audience(audience);
        }
        for text in &options.parameters {
            let (name, value) = parameter(text)?;
            builder = builder.parameter(name, value);
        }
        builder = binding(builder, &options.dpop)?;
        if let Some(file) = &options.store {
            let folder = file.parent().filter(|folder| *folder != Path::new(""));
            let folder = folder.unwrap_or(Path::new("."));
            let key_folder = options.store_key.as_deref().unwrap_or(folder);
            let (store, key) = saved_logins::open(file, key_folder, KeyPlace::Found).await?;
            builder = builder.store(store, &key);
        }
        let tokens = with_origins(builder, origins).build()?;
        let tokens = match subject {
            Some(subject) => tokens.for_subject(subject)?,
            None => tokens,
        };
        Ok(Opened {
            tokens,
            name,
            login: None,
        })
    }
}

impl Opened {
    /// Returns whether the tokens are of a login that was kept.
    pub(super) fn is_login(&self) -> bool {
        self.login.is_some()
    }

    /// An error of these tokens, with the command that begins the login anew if that is over.
    pub(super) fn explain(&self, error: CliError) -> CliError {
        match &self.login {
            Some(login) if error.exit() == Exit::NeedsLogin => error.hint(login.sign_in_again()),
            _ => error,
        }
    }
}

fn either(options: &[String], kept: &[String]) -> Vec<String> {
    match options {
        [] => kept.to_vec(),
        options => options.to_vec(),
    }
}

fn with_origins(builder: TokensBuilder, origins: Vec<String>) -> TokensBuilder {
    origins
        .into_iter()
        .fold(builder, TokensBuilder::allow_origin)
}

/// The token that there is, or a new one if the options want that.
pub(super) async fn get(opened: &Opened, options: &TokenOptions) -> Result<TokenSet, CliError> {
    let tokens = &opened.tokens;
    tokens.get().await?;
    // Without a store it has come from the server just now.
    if options.renew && (options.store.is_some() || opened.is_login()) {
        tokens.renew().await?;
    }
    Ok(tokens.token_set().await?)
}

/// A parameter as `NAME=VALUE` or `NAME@FILE`. A parameter that is always a secret is no argument.
pub(super) fn parameter(text: &str) -> Result<(&str, String), CliError> {
    let Some(at) = text.find(['=', '@']).filter(|at| *at > 0) else {
        return Err(CliError::usage(
            "--parameter takes NAME=VALUE, or NAME@FILE for a value that is in a file",
        ));
    };
    let (name, value) = (&text[..at], &text[at + 1..]);
    if text[at..].starts_with('@') {
        let value = input::text_from_file(Path::new(value), &format!("the parameter {name}"))?;
        return Ok((name, value.trim_end_matches(['\r', '\n']).to_owned()));
    }
    if SECRETS.contains(&name) {
        return Err(CliError::usage(format!(
            "--parameter {name}: a secret is no argument, since other users of the machine can read \
             those: put it in a file and write {name}@FILE, or {name}@- for standard input"
        )));
    }
    Ok((name, value.to_owned()))
}

const SECRETS: [&str; 10] = [
    "actor_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "password",
    "refresh_token",
    "subject_token",
    "token",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_name_and_a_value_or_a_file() {
        assert_eq!(parameter("a=b=c@d").unwrap(), ("a", "b=c@d".to_owned()));
        assert_eq!(parameter("a=").unwrap(), ("a", String::new()));
        for wrong in ["", "a", "=b", "@b"] {
            assert!(parameter(wrong).is_err(), "{wrong}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("value");
        std::fs::write(&file, "s3cret\n").unwrap();
        let text = format!("password@{}", file.display());
        assert_eq!(parameter(&text).unwrap(), ("password", "s3cret".to_owned()));
    }

    #[test]
    fn a_secret_is_no_argument_and_stays_out_of_the_message() {
        for name in SECRETS {
            let error = parameter(&format!("{name}=hunter2")).unwrap_err();
            let message = error.to_string();
            assert!(message.contains(&format!("{name}@FILE")), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
