//! `grantor login`.

mod browser;
mod by_browser;
mod by_device;
mod callback;
mod list;
mod loopback;
mod start_page;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use grantor_client::{ClientCredential, SignedIn, TokensBuilder};
use grantor_core::openid::IdToken;
use grantor_http::system;
use serde_json::{Value, json};
use url::Url;

use super::client_options::{self, given_credential};
use super::saved_logins::{self, KeyPlace, LoginList, Place, Revoked, SavedLogin, revoke};
use super::server_options;
use crate::args::{Common, Login, Method};
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(common: &Common, args: &Login, output: &Output) -> Result<ExitCode, CliError> {
    if args.list {
        return list::run(args, output);
    }
    let mut login = login(common, args)?;
    let store = &args.store;
    let place = Place::of(store.store.as_ref(), store.store_key.as_ref()).ok_or_else(|| {
        CliError::usage(
            "neither HOME nor XDG_DATA_HOME is set: say with --store where to keep the login",
        )
    })?;
    crate::block_on(async {
        let key = match args.keyring {
            true => KeyPlace::Keyring,
            false => KeyPlace::Found,
        };
        let list = place.open(key).await?;
        list.check_label(&login).await?;
        let connection = &args.server.connection;
        let builder = saved_logins::builder(&login, &list, &args.client, connection)?;
        give_up(&login, &list, args, output).await?;
        let failed = format!("nobody is signed in at {}", login.issuer);
        let signed_in = sign_in(builder, args, (&list, &mut login), output).await;
        let signed_in = signed_in.map_err(|error| error.because(&failed))?;
        let result = report(&signed_in, &login, &place).await;
        signed_in.tokens.close().await;
        let (text, json) = result?;
        output.result(&text, &json)?;
        Ok(Exit::Done.into())
    })
}

/// Revokes the tokens of the login whose place this one takes. Before the user signs in: many servers
/// revoke with one refresh token all that the user has allowed the client.
async fn give_up(
    login: &SavedLogin,
    list: &LoginList,
    args: &Login,
    output: &Output,
) -> Result<(), CliError> {
    let Some(old) = list.replaced_by(login).await? else {
        return Ok(());
    };
    let builder = saved_logins::builder(&old, list, &args.client, &args.server.connection)?;
    let tokens = builder.build()?;
    let why = match revoke(&tokens).await {
        Ok(Revoked::NotPossible(why)) => Some(why),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    };
    tokens.close().await;
    if let Some(why) = why {
        output.warning(&format!(
            "the tokens of the login that is replaced stay good until they end: {why}"
        ));
    }
    Ok(())
}

async fn sign_in(
    builder: TokensBuilder,
    args: &Login,
    (list, login): (&LoginList, &mut SavedLogin),
    output: &Output,
) -> Result<SignedIn, CliError> {
    // Where there is no browser, a server that knows devices is asked for a code.
    let has_browser = args.no_browser || !args.parameters.is_empty() || browser::is_there();
    let waiting = match args.device {
        true => Some(by_device::start(builder.clone()).await?),
        false if has_browser => None,
        false => by_device::start(builder.clone()).await.ok(),
    };
    let Some(waiting) = waiting else {
        return by_browser::sign_in(builder, args, (list, login), output).await;
    };
    let signed_in = by_device::sign_in(waiting, args, output).await?;
    keep(list, login, &signed_in).await?;
    Ok(signed_in)
}

/// Puts a login that has just begun onto the list.
async fn keep(
    list: &LoginList,
    login: &mut SavedLogin,
    signed_in: &SignedIn,
) -> Result<(), CliError> {
    login.signed_in_at = system().now();
    login.subject = signed_in
        .id_token
        .as_ref()
        .map(|token| token.subject().to_owned());
    list.keep(login).await
}

/// The login that the options describe.
fn login(common: &Common, args: &Login) -> Result<SavedLogin, CliError> {
    let issuer = server_options::issuer(common, args.server.issuer.as_ref())?;
    let client = &args.client;
    let is_public = client.client_certificate.is_none()
        && matches!(given_credential(client)?, ClientCredential::None);
    let method = match is_public {
        true => Some(Method::None),
        false => client.auth_method,
    };
    let method = method.and_then(|method| method.to_possible_value());
    let label = args.label.clone().filter(|label| !label.is_empty());
    Ok(SavedLogin {
        label: label.unwrap_or_else(|| host(&issuer)),
        client_id: client_options::id(client)?.to_owned(),
        signed_in_at: system().now(),
        metadata_url: args.server.metadata_url.clone(),
        auth_method: method.map(|method| method.get_name().to_owned()),
        secret_file: absolute(client.secret_file.as_deref())?,
        client_key: absolute(client.client_key.as_deref())?,
        client_key_id: client.client_key_id.clone(),
        client_certificate: absolute(client.client_certificate.as_deref())?,
        client_certificate_key: absolute(client.client_certificate_key.as_deref())?,
        ca_file: absolute(args.server.connection.ca_file.as_deref())?,
        scope: args.scope.clone(),
        resources: args.resources.clone(),
        audiences: args.audiences.clone(),
        dpop: args.dpop.dpop,
        dpop_key: absolute(args.dpop.dpop_key.as_deref())?,
        subject: None,
        issuer,
    })
}

/// A login without a label of its own has the server's host, and its port if there is one.
fn host(issuer: &str) -> String {
    let url = Url::parse(issuer).ok();
    let named = url.as_ref().and_then(|url| {
        let host = url.host_str()?;
        Some(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        })
    });
    named.unwrap_or_else(|| issuer.to_owned())
}

/// A path that means the same from every folder.
fn absolute(path: Option<&Path>) -> Result<Option<PathBuf>, CliError> {
    let absolute = path.map(std::path::absolute).transpose();
    absolute.map_err(|error| CliError::failed(format!("a file can't be found again: {error}")))
}

/// What the command prints.
async fn report(
    signed_in: &SignedIn,
    login: &SavedLogin,
    place: &Place,
) -> Result<(String, Value), CliError> {
    let tokens = signed_in.tokens.token_set().await?;
    let scope = tokens.scope.as_ref().map(|scope| scope.as_str());
    let who = signed_in.id_token.as_ref().map(name);
    let (label, issuer) = (&login.label, &login.issuer);
    let mut text = match &who {
        Some(who) => format!("signed in at {issuer} as {who}; the login is \"{label}\""),
        None => format!("signed in at {issuer}; the login is \"{label}\""),
    };
    if tokens.refresh_token.is_none() {
        text.push_str(
            "\nthe server gave no refresh token: the login ends with its access token (the scope \
             offline_access asks for one at many servers)",
        );
    }
    let json = json!({
        "label": label,
        "issuer": issuer,
        "client_id": login.client_id,
        "scope": scope,
        "expires_at": tokens.expires_at.map(|end| end.as_secs()),
        "has_refresh_token": tokens.refresh_token.is_some(),
        "store": place.file,
        "subject": login.subject,
        "claims": signed_in.id_token.as_ref().map(claims),
    });
    Ok((text, json))
}

/// The claims of the ID token that are about the user.
fn claims(token: &IdToken) -> Value {
    let mut claims = token.claims.other.clone();
    claims.insert("iss".to_owned(), token.issuer().into());
    claims.insert("sub".to_owned(), token.subject().into());
    claims.into()
}

/// What people call the user, and the identifier, which alone is unique.
fn name(token: &IdToken) -> String {
    let subject = token.subject();
    let names = ["name", "preferred_username", "email"];
    match names.iter().find_map(|name| token.text(name)) {
        Some(name) if name != subject => format!("{name} ({subject})"),
        _ => subject.to_owned(),
    }
}

/// The user did nothing for too long.
fn too_late(limit: Duration) -> CliError {
    let seconds = limit.as_secs();
    CliError::new(
        Exit::NeedsLogin,
        format!("nobody signed in within {seconds} s"),
    )
    .hint("try again; --timeout gives more time")
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_login_is_called_as_the_host_of_its_server() {
        for (issuer, label) in [
            ("https://id.example", "id.example"),
            ("https://id.example/tenant", "id.example"),
            ("http://127.0.0.1:8787", "127.0.0.1:8787"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(host(issuer), label);
        }
    }
}
