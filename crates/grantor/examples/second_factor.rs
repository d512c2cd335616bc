//! A login of your own with a second factor: a password, then a code of an authenticator app
//! (RFC 6238).
//!
//! ```sh
//! cargo run -p grantor --all-features --example second_factor
//! ```
//!
//! Open the URL that it prints and sign in as `ada` with `correct horse`. The app takes the secret
//! `GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ`.

#![expect(clippy::print_stdout, reason = "it tells its user what to open")]

use std::collections::HashMap;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use grantor::axum::ServerExt;
use grantor::core::{BoxFuture, Environment, Secret, Timestamp};
use grantor::http::system;
use grantor::jose::digest::{constant_time_eq, hmac_sha1_for_legacy_use_only};
use grantor::server::{
    self, Cookie, Decision, Form, Interaction, Login, NewClient, Page, Server, SignIn, Site,
    SiteError,
};
use grantor::site::{Accounts, Passwords};
use grantor::store::{MasterKey, MemoryStore};
use http::StatusCode;

/// Passwords come from the accounts of `grantor::site`; sessions and second factors are the application's, here
/// in memory.
#[derive(Debug)]
struct TwoFactors {
    accounts: Accounts,
    cookie: Cookie,
    environment: Environment,
    sessions: Mutex<HashMap<String, Login>>,
    factors: Mutex<HashMap<String, Factor>>,
}

/// The authenticator app of one user.
#[derive(Debug)]
struct Factor {
    secret: Vec<u8>,
    /// A code is good once, and none that is older (RFC 6238 section 5.2).
    last_step: u64,
    /// Six digits can be guessed: five wrong codes in a row lock the account.
    wrong: u32,
}

const STEP: u64 = 30;

/// The code of a time step (RFC 4226 section 5.3).
pub(crate) fn code(secret: &[u8], step: u64) -> String {
    let mac = hmac_sha1_for_legacy_use_only(secret, &step.to_be_bytes());
    let offset = usize::from(mac[19] & 0x0f);
    let bytes = [
        mac[offset],
        mac[offset + 1],
        mac[offset + 2],
        mac[offset + 3],
    ];
    let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The time step of a moment.
pub(crate) fn step(now: Timestamp) -> u64 {
    u64::try_from(now.as_secs()).unwrap_or_default() / STEP
}

impl Factor {
    fn accept(&mut self, given: &str, now: Timestamp) -> bool {
        if self.wrong >= 5 {
            return false;
        }
        // The clock of the phone may be a step ahead or behind.
        let near = step(now).saturating_sub(1)..=step(now) + 1;
        let fits =
            |step: &u64| constant_time_eq(code(&self.secret, *step).as_bytes(), given.as_bytes());
        match near.filter(|step| *step > self.last_step).find(fits) {
            Some(step) => (self.last_step, self.wrong) = (step, 0),
            None => self.wrong += 1,
        }
        self.wrong == 0
    }
}

impl TwoFactors {
    async fn first_step(&self, interaction: &Interaction<'_>) -> Result<SignIn, SiteError> {
        let form = interaction
            .submitted()
            .filter(|form| form.name() == "password");
        if let Some(form) = form
            && let (Some(name), Some(password)) = (form.get("name"), form.get("password"))
            && let Some(account) = self.accounts.verify(name, &Secret::new(password)).await?
        {
            // The next form says who passed the first step. Only this browser can send it, and only
            // in this interaction.
            let next = interaction.form_with_state("code", account.subject.as_bytes())?;
            return Ok(SignIn::Page(ask_code(&next)));
        }
        let status = if form.is_some() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        Ok(SignIn::Page(ask_password(
            &interaction.form("password")?,
            status,
        )))
    }

    fn second_step(
        &self,
        interaction: &Interaction<'_>,
        subject: &str,
        given: &str,
    ) -> Result<SignIn, SiteError> {
        let now = interaction.now();
        let accepted = lock(&self.factors)
            .get_mut(subject)
            .is_some_and(|factor| factor.accept(given, now));
        if !accepted {
            let page = ask_password(
                &interaction.form("password")?,
                StatusCode::UNPROCESSABLE_ENTITY,
            );
            return Ok(SignIn::Page(page));
        }
        let cookie: String = self.environment.random_text::<32>();
        let login = Login::new(subject, now).in_session(self.environment.random_text::<16>());
        lock(&self.sessions).insert(cookie.clone(), login.clone());
        let cookie = self.cookie.set(&cookie, None)?;
        Ok(SignIn::SignedIn(login, vec![cookie]))
    }
}

impl Site for TwoFactors {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(async move {
            if let Some(form) = interaction.submitted().filter(|form| form.name() == "code") {
                let subject = str::from_utf8(form.state()).map_err(SiteError::new)?;
                return self.second_step(
                    interaction,
                    subject,
                    form.get("code").unwrap_or_default(),
                );
            }
            let session = self.cookie.read(&interaction.request().headers);
            let login = session.and_then(|cookie| lock(&self.sessions).get(cookie).cloned());
            match login.filter(|login| interaction.requirements().is_recent(login.auth_time)) {
                Some(login) => Ok(SignIn::Is(login)),
                None => self.first_step(interaction).await,
            }
        })
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            let form = interaction
                .submitted()
                .filter(|form| form.name() == "consent");
            match form.and_then(|form| form.get("answer")) {
                Some("yes") => Ok(Decision::Allow(interaction.requested())),
                Some(_) => Ok(Decision::Deny),
                None => {
                    let client = escape(interaction.client().display_name());
                    let scope = escape(&interaction.scope().to_string());
                    let form = interaction.form("consent")?;
                    let inputs = format!(
                        "<p>{client} asks for: {scope}</p>\
                         <button name=\"answer\" value=\"yes\">Allow</button>\
                         <button name=\"answer\" value=\"no\">Deny</button>"
                    );
                    Ok(Decision::Page(page(&form, StatusCode::OK, &inputs)))
                }
            }
        })
    }
}

fn ask_password(form: &Form, status: StatusCode) -> Page {
    let inputs = "<input name=\"name\" value=\"\"><input name=\"password\" type=\"password\" value=\"\">\
                  <button>Sign in</button>";
    page(form, status, inputs)
}

fn ask_code(form: &Form) -> Page {
    let inputs = "<input name=\"code\" inputmode=\"numeric\" value=\"\"><button>Go on</button>";
    page(form, StatusCode::OK, inputs)
}

fn page(form: &Form, status: StatusCode, inputs: &str) -> Page {
    let (action, hidden) = (form.action(), form.hidden_html());
    Page::html(
        status,
        format!(
            "<!doctype html><title>Sign in</title>\
             <form method=\"post\" action=\"{action}\">{hidden}{inputs}</form>"
        ),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server with this login, a user and a client.
pub(crate) async fn server() -> Result<Server, Box<dyn StdError>> {
    let key = MasterKey::from_bytes(system().random_bytes());
    let opened = server::open("http://127.0.0.1:3000", MemoryStore::new(), key).await?;
    let accounts = Accounts::open(opened.stores(), Passwords::default())?;
    let ada = accounts.add("ada", &Secret::new("correct horse")).await?;
    let factor = Factor {
        secret: b"12345678901234567890".to_vec(),
        last_step: 0,
        wrong: 0,
    };
    let site = TwoFactors {
        accounts,
        cookie: Cookie::new("session", opened.issuer()),
        environment: system(),
        sessions: Mutex::default(),
        factors: Mutex::new(HashMap::from([(ada.subject, factor)])),
    };
    let server = opened.site(site).build().await?;
    let app = NewClient::public("app")
        .with_grant_types(["authorization_code"])
        .with_scope("read".parse()?)
        .with_redirect_uri("http://127.0.0.1:4000/cb".parse()?);
    if let Some(clients) = server.clients() {
        clients.add(app).await?;
    }
    Ok(server)
}

/// An authorization request of the client.
pub(crate) const REQUEST: &str = "/authorize?response_type=code&client_id=app&state=s&scope=read\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let app: axum::Router = server().await?.routes();
    println!("open http://127.0.0.1:3000{REQUEST}");
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
