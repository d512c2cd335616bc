//! The plain error page, and the site of a server that has none.

use grantor_core::{BoxFuture, ErrorResponse};
use http::StatusCode;

use super::{
    Decision, DeviceAnswer, Interaction, Login, Page, SignIn, Site, SiteError, UserCodePrompt,
};

/// An error page without templates or style, for sites that have none of their own.
pub(super) fn error_page(status: StatusCode, error: &ErrorResponse) -> Page {
    let description = escape(error.description.as_deref().unwrap_or_default());
    let advice = error_advice(status);
    let code = escape(error.error.as_str());
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>That did not work</title>\
         <h1>That did not work</h1><p>{description}</p><p>{advice}</p><p><small>{code}</small></p>"
    );
    Page::html(status, html)
}

/// The page for the code of a device, for sites that have none of their own.
pub(super) fn user_code_page(prompt: &UserCodePrompt<'_>) -> Result<Page, SiteError> {
    let form = prompt.form()?;
    let problem = prompt.problem().map_or("", |problem| problem.advice());
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sign in a device</title>\
         <h1>Sign in a device</h1><p>{problem}</p><p>{warning}</p>\
         <form method=\"post\" action=\"{action}\">{hidden}<label>The code that your device shows \
         <input name=\"{input}\" value=\"{code}\" autocomplete=\"off\" required></label>\
         <button type=\"submit\">Continue</button></form>",
        warning = UserCodePrompt::WARNING,
        action = escape(form.action()),
        hidden = form.hidden_html(),
        input = UserCodePrompt::INPUT,
        code = escape(prompt.user_code().unwrap_or_default()),
    );
    Ok(Page::html(prompt.status(), html))
}

/// The page after the answer to a device.
pub(super) fn device_answered_page(answer: DeviceAnswer) -> Page {
    let advice = answer.advice();
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Done</title>\
         <h1>Done</h1><p>{advice}</p>"
    );
    Page::html(StatusCode::OK, html)
}

/// The site of a server whose grant types show no pages.
#[derive(Debug)]
pub(crate) struct NoSite;

impl Site for NoSite {
    fn login<'a>(&'a self, _: &'a Interaction<'a>) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(std::future::ready(Err(no_site())))
    }

    fn consent<'a>(
        &'a self,
        _: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(std::future::ready(Err(no_site())))
    }
}

fn no_site() -> SiteError {
    SiteError::new("this server has no site")
}

/// The advice to a user that goes with an error of this status.
#[must_use]
pub fn error_advice(status: StatusCode) -> &'static str {
    if status.is_server_error() {
        "The sign-in service is not available right now. Please try again in a moment."
    } else {
        "This sign-in link is not valid any more, or the application made a mistake. Go back and \
         start again."
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_escaped() {
        assert_eq!(escape("<a b=\"'&\">"), "&lt;a b=&quot;&#39;&amp;&quot;&gt;");
    }

    #[test]
    fn a_user_learns_whose_fault_it_was() {
        assert!(error_advice(StatusCode::BAD_REQUEST).contains("start again"));
        assert!(error_advice(StatusCode::SERVICE_UNAVAILABLE).contains("try again"));
    }
}
