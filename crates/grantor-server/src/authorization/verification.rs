//! The page where a user types in the code of a device.

use grantor_core::BoxFuture;
use grantor_jose::check::holds;
use http::request::Parts;

use super::sealed_request::SealedRequest;
use crate::device_authorization::UserCode;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::http::{Browser, Call, Reply};
use crate::identifier::Identifier;
use crate::limits::USER_CODES;
use crate::services::Services;
use crate::site::interaction::return_to;
use crate::site::{Stage, UserCodeProblem, UserCodePrompt};
use crate::state::State;

/// The page where a user types in the code that a device shows (RFC 8628 section 3.3).
///
/// A code in the URL (`verification_uri_complete`) fills the input in, and no more: the user compares it
/// with the device and sends it (section 3.3.1), and only then it is looked up.
pub(crate) fn run<'a>(state: &'a State, call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    Box::pin(async move {
        if let Some(error) = &call.malformed {
            return Err(Error::invalid_request(error.to_string()));
        }
        let services = &state.services;
        let address = call.head.uri.path();
        let browser = Browser::of(&call.head.headers, services);
        // A browser sends no cookies with a form of another site, but it does after a redirect.
        if call.is_post() && browser.is_new {
            return Ok(Reply::redirect(address));
        }
        let forms = browser.forms_of_page(services, Stage::UserCode, "", address);
        let typed = call.params.get(UserCodePrompt::INPUT);
        let user_code = typed.and_then(UserCode::parse);
        let problem = if call.is_post() {
            if !holds("user_code.form", forms.open(&call.params).is_some()) {
                Some(UserCodeProblem::FormExpired)
            } else {
                match look_up(services, call.head, user_code.as_ref()).await? {
                    Ok((device, user_code)) => {
                        return Ok(go_on(services, call, &browser, device, user_code));
                    }
                    Err(problem) => {
                        services.events.tell(&Event {
                            endpoint: Some("verification"),
                            reason: Some(problem.advice()),
                            ..Event::new(EventKind::UserCodeRefused)
                        });
                        Some(problem)
                    }
                }
            }
        } else {
            None
        };
        let shown = user_code.map(|user_code| user_code.to_text());
        let prompt = UserCodePrompt::new(forms, shown.as_deref(), problem, call.head);
        let page = services.site.user_code(&prompt).await?;
        browser.show(page, services)
    })
}

/// The device that shows a code and waits. Every try counts before it is looked at, or parallel ones
/// would pass together (RFC 8628 section 5.1).
async fn look_up<'c>(
    services: &Services,
    head: &Parts,
    user_code: Option<&'c UserCode>,
) -> Result<Result<(Identifier, &'c UserCode), UserCodeProblem>, Error> {
    let within = services.limits.try_from(head, &USER_CODES).await?;
    if !holds("user_code.limit", within) {
        return Ok(Err(UserCodeProblem::TooManyAttempts));
    }
    let Some(user_code) = user_code else {
        return Ok(Err(UserCodeProblem::Unknown));
    };
    let mac_key = &services.page_keys.user_codes;
    let devices = &services.devices;
    let found = devices.waiting(user_code, mac_key, &services.grants);
    let found = found.await?.map(|device| (device, user_code));
    Ok(found.ok_or(UserCodeProblem::Unknown))
}

/// Goes on with the request of the device, by a redirect: whoever reloads the next page sends no code
/// again.
fn go_on(
    services: &Services,
    call: &Call<'_>,
    browser: &Browser,
    device: Identifier,
    user_code: &UserCode,
) -> Reply {
    let browser = browser.tag(services);
    let sealed = SealedRequest::of_device(device, &user_code.to_text(), &browser, call.now);
    let sealed = sealed.seal(&services.page_keys.mac);
    Reply::redirect(&return_to(&services.urls.resume_path, &sealed))
}
