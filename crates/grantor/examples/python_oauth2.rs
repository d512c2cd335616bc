//! The server of python-oauth2's README: the same client, requests and answers.
//!
//! ```sh
//! cargo run -p grantor --all-features --example python_oauth2
//! ```
//!
//! `docs/coming-from/python-oauth2.md` has both programs side by side.

use std::error::Error as StdError;
use std::time::Duration;

use grantor::axum::ServerExt;
use grantor::core::BoxFuture;
use grantor::http::system;
use grantor::server::grant_type::Implicit;
use grantor::server::{
    self, AccessTokens, Decision, Interaction, Login, NewClient, Page, Profile, Server, SignIn,
    Site, SiteError,
};
use grantor::store::{MasterKey, MemoryStore};
use http::StatusCode;

/// Identifies the user and asks for their confirmation.
#[derive(Debug)]
struct ConfirmationPage;

impl Site for ConfirmationPage {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        // The example has one user, who is always signed in.
        let login = Login::new("the user", interaction.now());
        Box::pin(std::future::ready(Ok(SignIn::Is(login))))
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            let form = interaction.submitted();
            let pressed = |name| form.is_some_and(|form| form.get(name) == Some(name));
            if pressed("confirm") {
                return Ok(Decision::Allow(interaction.requested()));
            }
            if pressed("deny") {
                return Ok(Decision::Deny);
            }
            let form = interaction.form("confirmation_form")?;
            let html = format!(
                r#"
<html>
    <body>
        <form method="POST" action="{}" name="confirmation_form">
            {}
            <input type="submit" name="confirm" value="confirm" />
            <input type="submit" name="deny" value="deny" />
        </form>
    </body>
</html>"#,
                form.action(),
                form.hidden_html()
            );
            Ok(Decision::Page(Page::html(StatusCode::OK, html)))
        })
    }
}

/// The server, with the client `abc`.
pub(crate) async fn server() -> Result<Server, Box<dyn StdError>> {
    let key = MasterKey::from_bytes(system().random_bytes());
    let opened = server::open("http://127.0.0.1:8080", MemoryStore::new(), key).await?;
    let server = opened
        .site(ConfirmationPage)
        .grant_type(Implicit)
        .configure(|config| {
            config.profile = Profile::Legacy20;
            config.access_tokens = AccessTokens::Uuid4;
            config.access_token_lifetime = Duration::from_secs(2_592_000);
        })
        .build()
        .await?;
    let abc = NewClient::confidential("abc")
        .with_secret("xyz")
        .with_grant_types(["authorization_code", "implicit", "refresh_token"])
        .with_redirect_uri("http://localhost/callback".parse()?);
    let clients = server.clients().ok_or("the clients are elsewhere")?;
    clients.add(abc).await?;
    Ok(server)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    let app: axum::Router = server().await?.routes();
    Ok(axum::serve(listener, app).await?)
}
