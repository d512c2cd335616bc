//! The two locations of the authorization endpoint: where a request arrives, and where its pages
//! send their forms.

use grantor_core::{
    AuthorizationRequest, AuthorizationResponse, ErrorCode, ErrorResponse, Params, RedirectUri,
    Secret,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::step::ticket::{self, Ticket, csrf};
use super::table::{Checked, Flow, Phase};
use crate::counters::count;
use crate::endpoint::metadata::paths;
use crate::http::service::{self, log};
use crate::server::Inner;
use crate::site::{Answer, Decision, Interaction, Need, Page, cookie};
use crate::{Client, Error, Login};

impl Inner {
    /// A request arrives, by GET or POST.
    pub(crate) async fn authorize(&self, head: &Parts, params: &Params<'_>) -> service::Answer {
        count(&self.counters.authorization_requests);
        let ticket = Ticket {
            form: params.to_form(),
            started_at: self.environment.now(),
        };
        if ticket.form.len() > Ticket::MAX_FORM {
            let description = "the request is over 8 KiB";
            return self.error_page(&Error::refused(ErrorCode::InvalidRequest, description));
        }
        let request = AuthorizationRequest::from_params(params);
        let step = Step {
            ticket: &ticket,
            headers: &head.headers,
            form: None,
            phase: Phase::Front,
        };
        self.step(request, step).await
    }

    /// A page sends its form, or the user comes back from the site's own pages.
    pub(crate) async fn continue_authorize(
        &self,
        head: &Parts,
        params: &Params<'_>,
    ) -> service::Answer {
        let now = self.environment.now();
        let opened = params
            .get("interaction")
            .and_then(|text| Ticket::open(text, &self.page_key, &self.config, now));
        let request = opened.as_ref().and_then(|ticket| {
            ticket::params(ticket).map(|params| AuthorizationRequest::from_params(&params))
        });
        let (Some(ticket), Some(request)) = (opened, request) else {
            let description = "this page is too old or was changed; begin again at the application";
            return self.error_page(&Error::refused(ErrorCode::InvalidRequest, description));
        };
        let step = Step {
            ticket: &ticket,
            headers: &head.headers,
            form: (head.method == Method::POST).then_some(params),
            phase: Phase::Decision,
        };
        self.step(request, step).await
    }

    async fn step(&self, request: AuthorizationRequest, step: Step<'_>) -> service::Answer {
        let mut checked = Checked::new(self, request);
        let stepped = match checked.run(Flow::Code, step.phase).await {
            Ok(client) => self.interact(&checked, &client, step).await,
            Err(error) => Err(error),
        };
        match stepped {
            Ok(answer) => answer,
            Err(error) => self.refuse(&checked, &error),
        }
    }

    /// Asks the site, as far as it can answer without another page.
    async fn interact(
        &self,
        checked: &Checked<'_>,
        client: &Client,
        step: Step<'_>,
    ) -> Result<service::Answer, Error> {
        let now = self.environment.now();
        let sealed = step.ticket.seal(&self.page_key);
        let issuer = &self.config.issuer;
        let action = issuer.join(paths::CONTINUE).path().to_owned();
        let browser = Browser::of(step.headers, self);
        let sent = step.form.and_then(|form| form.get("csrf"));
        let mut interaction = Interaction {
            client,
            scope: &checked.scope,
            resources: &checked.request.resource,
            need: Need::of(&checked.request, step.ticket.started_at),
            remembered: None,
            ticket: &sealed,
            csrf: csrf(&self.page_key, &browser.secret, &sealed, None),
            action: &action,
            form: None,
            forged: false,
            headers: step.headers,
            now,
        };
        let show = |page: Page| browser.answer(page);
        let site_failed = |error: crate::SiteError| Error::Internal(error.to_string());
        // A form for the login was shown to nobody in particular; one for the consent, to somebody.
        let for_login = !browser.is_new
            && sent.is_some_and(|sent| same(sent, &interaction.csrf))
            && step.form.is_some_and(|form| form.get("decision").is_none());
        if for_login {
            interaction.form = step.form;
        } else if step.form.is_some_and(|form| form.get("decision").is_none()) {
            interaction.forged = true;
        }
        let login = match self.site.login(&interaction).await.map_err(site_failed)? {
            Answer::Is(login) => login,
            Answer::SignedIn(_, cookie) => {
                let page = Page::see_other(&interaction.return_to()).with_cookie(cookie);
                return Ok(show(page));
            }
            Answer::Page(page) if interaction.need.may_show => return Ok(show(page)),
            Answer::Page(_) => {
                let description = "the user is not signed in";
                return Err(Error::refused(ErrorCode::LoginRequired, description));
            }
        };
        if !interaction.is_recent(login.auth_time) {
            return Err(Error::Internal("the site's login is too old".to_owned()));
        }
        let session = login_binding(&login);
        interaction.csrf = csrf(&self.page_key, &browser.secret, &sealed, Some(&session));
        let decided = step.form.filter(|form| form.get("decision").is_some());
        let genuine = !browser.is_new && sent.is_some_and(|sent| same(sent, &interaction.csrf));
        interaction.form = decided.filter(|_| genuine);
        interaction.forged = decided.is_some() && !genuine;
        interaction.remembered = self.remembered(&login.subject, client).await?;
        let decision = self
            .site
            .consent(&interaction, &login)
            .await
            .map_err(site_failed)?;
        match decision {
            Decision::Page(page) if interaction.need.may_show => Ok(show(page)),
            Decision::Page(_) => {
                let description = "the user has to be asked";
                Err(Error::refused(ErrorCode::ConsentRequired, description))
            }
            Decision::Allow(_) | Decision::Deny if interaction.form.is_none() => Err(
                Error::Internal("the site decided without a form of its own page".to_owned()),
            ),
            Decision::Deny => {
                let description = "the user said no";
                Err(Error::refused(ErrorCode::AccessDenied, description))
            }
            Decision::Remembered => {
                let remembered = interaction.remembered.as_ref();
                let remembered = remembered.filter(|_| !interaction.need.ask_consent);
                if !remembered.is_some_and(|scope| checked.scope.is_subset(scope)) {
                    let problem = "the site remembers what was never allowed, or must be asked";
                    return Err(Error::Internal(problem.to_owned()));
                }
                let scope = checked.scope.clone();
                self.allow(checked, client, &login, scope).await
            }
            Decision::Allow(scope) => {
                if !scope.is_subset(&checked.scope) {
                    let problem = "the site allowed more than was asked for";
                    return Err(Error::Internal(problem.to_owned()));
                }
                // A token without any scope would read as one with all that was asked for (RFC 6749
                // section 5.1).
                if scope.is_empty() && !checked.scope.is_empty() {
                    let description = "the user allowed nothing";
                    return Err(Error::refused(ErrorCode::AccessDenied, description));
                }
                self.allow(checked, client, &login, scope).await
            }
        }
    }

    async fn allow(
        &self,
        checked: &Checked<'_>,
        client: &Client,
        login: &Login,
        scope: grantor_core::Scope,
    ) -> Result<service::Answer, Error> {
        let code = self.grant_code(checked, client, login, scope).await?;
        count(&self.counters.codes_issued);
        Ok(self.redirect(checked, Ok(code)))
    }

    /// An error: to the client, if it is known where that is; to the user otherwise.
    fn refuse(&self, checked: &Checked<'_>, error: &Error) -> service::Answer {
        if checked.redirect_uri.is_none() {
            return self.error_page(error);
        }
        count(&self.counters.errors);
        log(error);
        let (_, response) = error.to_wire();
        self.redirect(checked, Err(response))
    }

    fn redirect(
        &self,
        checked: &Checked<'_>,
        outcome: Result<Secret, ErrorResponse>,
    ) -> service::Answer {
        let response = AuthorizationResponse {
            outcome: outcome.map(Into::into),
            state: checked.request.state.clone(),
            issuer: Some(self.config.issuer.to_string()),
        };
        let uri = checked.redirect_uri.as_deref().unwrap_or_default();
        let location = RedirectUri::with_query(uri, &response.to_params());
        Page::see_other(&location).into_answer()
    }

    pub(crate) fn error_page(&self, error: &Error) -> service::Answer {
        count(&self.counters.errors);
        log(error);
        let (status, response) = error.to_wire();
        let status = match status {
            StatusCode::UNAUTHORIZED => StatusCode::BAD_REQUEST,
            status => status,
        };
        self.site.error(status, &response).into_answer()
    }
}

/// One turn of an interaction.
struct Step<'a> {
    ticket: &'a Ticket,
    headers: &'a HeaderMap,
    form: Option<&'a Params<'a>>,
    phase: Phase,
}

/// The browser, known by a cookie of its own long before anybody signs in.
struct Browser {
    secret: Secret,
    is_new: bool,
    set_cookie: HeaderValue,
}

impl Browser {
    fn of(headers: &HeaderMap, inner: &Inner) -> Self {
        let secure = inner.config.issuer.url().scheme() == "https";
        let name = if secure {
            "__Host-grantor_browser"
        } else {
            "grantor_browser"
        };
        let known = cookie(headers, name).filter(|value| value.len() == 43);
        let is_new = known.is_none();
        let text = known.map_or_else(|| inner.environment.random_text::<32>(), str::to_owned);
        Self {
            set_cookie: set_cookie(name, &text, secure, None),
            secret: Secret::new(text),
            is_new,
        }
    }

    fn answer(&self, page: Page) -> service::Answer {
        let page = if self.is_new {
            page.with_cookie(self.set_cookie.clone())
        } else {
            page
        };
        page.into_answer()
    }
}

/// A cookie that scripts can't read and other sites can't send with a form. A session cookie of the
/// browser, unless it has an age in seconds.
pub(crate) fn set_cookie(name: &str, value: &str, secure: bool, age: Option<u64>) -> HeaderValue {
    let mut text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if secure {
        text.push_str("; Secure");
    }
    if let Some(age) = age {
        text.push_str(&format!("; Max-Age={age}"));
    }
    let mut header = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    header.set_sensitive(true);
    header
}

/// What a CSRF token is bound to besides the browser: the session, or at least the user.
fn login_binding(login: &Login) -> String {
    let session = login.session.as_deref().unwrap_or_default();
    format!("{}:{}{session}", login.subject.len(), login.subject)
}

fn same(a: &str, b: &str) -> bool {
    grantor_jose::digest::constant_time_eq(a.as_bytes(), b.as_bytes())
}
