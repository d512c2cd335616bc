//! The interface to the application: the user's login, the pages, the user's decision.

mod by_grant_type;
mod cookie;
mod cookie_token;
mod decision;
mod error;
pub(crate) mod form;
pub(crate) mod interaction;
mod login;
mod page;
mod page_call;
mod password;
mod plain;
mod requirements;
mod setup;
mod submitted;
mod user_code;

use std::fmt::Debug;

use grantor_core::{BoxFuture, ErrorResponse};
use http::StatusCode;

pub(crate) use by_grant_type::SitesByGrantType;
pub use cookie::Cookie;
pub use cookie_token::CookieToken;
pub use decision::{Allowed, Decision};
pub use error::SiteError;
pub use form::Form;
pub(crate) use form::{FormKey, Stage};
pub use interaction::Interaction;
pub(crate) use interaction::InteractionParts;
pub use login::{Login, SignIn};
pub use page::Page;
pub use page_call::PageCall;
pub use password::{PasswordAnswer, PasswordLogin};
pub(crate) use plain::NoSite;
pub use plain::error_advice;
pub use requirements::LoginRequirements;
pub use setup::SiteSetup;
pub use submitted::Submitted;
pub use user_code::{DeviceAnswer, UserCodeProblem, UserCodePrompt};

/// The part of an authorization server that belongs to the application: the user's login, the
/// pages, and the user's decision.
///
/// It is asked again at every step of an interaction, a page at a time. A page has a form, made by
/// [`Interaction::form`]; it goes by POST to [`Form::action`] with the hidden inputs of
/// [`Form::hidden`], and comes back as [`Interaction::submitted`] if its CSRF token was right. The
/// names of the site's own inputs are its own. A decision without such a form is refused.
///
/// A server has one site, and may have others for single grant types
/// ([`ServerBuilder::site_for_grant_type`](crate::ServerBuilder::site_for_grant_type)).
pub trait Site: Debug + Send + Sync + 'static {
    /// The user, who must be signed in as [`Interaction::requirements`] says; or the page that finds
    /// out who it is.
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>>;

    /// The user's decision; or the page that asks them.
    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        login: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>>;

    /// The paths of pages of its own, below the issuer, such as `/account`. The server has no page at
    /// another path, and none of these may be that of an endpoint.
    fn paths(&self) -> &[&str] {
        &[]
    }

    /// A page of its own, at one of its [`paths`](Self::paths). `None` is answered with 404.
    ///
    /// Its forms have a CSRF token as those of an interaction have.
    fn page<'a>(
        &'a self,
        call: &'a PageCall<'a>,
    ) -> BoxFuture<'a, Result<Option<Page>, SiteError>> {
        let _ = call;
        Box::pin(std::future::ready(Ok(None)))
    }

    /// The page where a user types in the code that a device shows (RFC 8628 section 3.3). It has one
    /// form, with the input [`UserCodePrompt::INPUT`]; the server looks the code up, and goes on with
    /// [`login`](Self::login) and [`consent`](Self::consent).
    fn user_code<'a>(
        &'a self,
        prompt: &'a UserCodePrompt<'a>,
    ) -> BoxFuture<'a, Result<Page, SiteError>> {
        Box::pin(std::future::ready(plain::user_code_page(prompt)))
    }

    /// The page that a user sees once they have answered a device: they go back to it.
    fn device_answered(&self, answer: DeviceAnswer) -> Page {
        plain::device_answered_page(answer)
    }

    /// Checks a name and a password, for grant types that take them without a page.
    /// A site that has passwords limits the attempts.
    fn password<'a>(
        &'a self,
        login: &'a PasswordLogin<'a>,
    ) -> BoxFuture<'a, Result<PasswordAnswer, SiteError>> {
        let _ = login;
        Box::pin(std::future::ready(Ok(PasswordAnswer::Unsupported)))
    }

    /// The page for an error that goes to no client.
    fn error(&self, status: StatusCode, error: &ErrorResponse) -> Page {
        plain::error_page(status, error)
    }
}
