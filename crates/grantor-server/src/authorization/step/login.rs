//! The step that asks the site for the user.

use grantor_core::{BoxFuture, ErrorCode};
use grantor_jose::check::holds;

use super::{check_form_was_seen, interaction_parts};
use crate::authorization::context::AuthorizationContext;
use crate::authorization::flow::Flow;
use crate::error::Error;
use crate::http::Reply;
use crate::site::form::CSRF;
use crate::site::interaction::return_to;
use crate::site::{Interaction, InteractionParts, SignIn, Stage};

/// The site says who the user is, or shows a page to find it out.
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(ask(context))
}

async fn ask(context: &mut AuthorizationContext<'_>) -> Result<Flow, Error> {
    // A browser sends no cookies with a form of another site, but it does after a redirect. To answer
    // with a new cookie would make its open pages stale.
    if context.call.is_post() && context.browser()?.is_new {
        let location = return_to(&context.services.urls.resume_path, &context.sealed_text);
        return Ok(Flow::Reply(Reply::redirect(&location)));
    }
    // A site may answer once with somebody who signed in too long ago.
    for insufficient in [false, true] {
        match ask_site(context, insufficient).await? {
            Asked::Login(login)
                if holds(
                    "login.recent",
                    context.requirements.is_recent(login.auth_time),
                ) =>
            {
                context.login = Some(login);
                return Ok(Flow::Continue);
            }
            Asked::Login(_) => {}
            Asked::Reply(reply) => return Ok(Flow::Reply(reply)),
        }
    }
    let code = ErrorCode::from("unmet_authentication_requirements");
    let description = "the user did not sign in as recently as the client requires";
    Err(Error::refused(code, description))
}

enum Asked {
    Login(crate::site::Login),
    Reply(Reply),
}

async fn ask_site(context: &AuthorizationContext<'_>, insufficient: bool) -> Result<Asked, Error> {
    let services = context.services;
    let forms = context.forms(Stage::Login, "")?;
    let submitted = context.submitted(&forms);
    // A form of the consent is looked at there.
    let csrf = context.call.params.get(CSRF);
    let for_consent = csrf.is_some_and(|csrf| csrf.starts_with("c."));
    let effective = services.effective_resources(context.client()?, &context.resources)?;
    let parts = interaction_parts(context, &effective, forms, submitted.as_ref())?;
    let interaction = Interaction::new(InteractionParts {
        csrf_mismatch: parts.csrf_mismatch && !for_consent,
        insufficient,
        ..parts
    });
    let answer = services.site.login(&interaction).await?;
    check_form_was_seen(context, &interaction)?;
    match answer {
        SignIn::Is(login) => Ok(Asked::Login(login)),
        SignIn::SignedIn(_, cookies) => {
            let mut reply = Reply::redirect(&interaction.return_to());
            for cookie in cookies {
                reply.append(http::header::SET_COOKIE, cookie);
            }
            Ok(Asked::Reply(reply))
        }
        SignIn::Page(page) if holds("prompt.none", context.requirements.interactive) => {
            Ok(Asked::Reply(context.browser()?.show(page, services)?))
        }
        SignIn::Page(_) => Err(Error::refused(
            ErrorCode::LoginRequired,
            "the user is not signed in",
        )),
        SignIn::Refused(code) => Err(Error::refused(code, "the user can't sign in")),
    }
}
