use askama::Template;
use grantor_core::ErrorResponse;
use http::StatusCode;

use crate::authorize::{Interaction, Page};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    client: &'a str,
    action: &'a str,
    ticket: &'a str,
    csrf: &'a str,
    username: &'a str,
    problem: &'a str,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    client: &'a str,
    username: &'a str,
    action: &'a str,
    ticket: &'a str,
    csrf: &'a str,
    scope: Vec<&'a str>,
    resources: &'a [String],
    problem: &'a str,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    error: &'a str,
    description: &'a str,
    advice: &'a str,
}

/// The content of the one `<style>` element of all pages, but for the last line end, which the
/// template leaves out.
const STYLE: &str = include_str!("../../templates/style.css");

const STALE: &str = "This page was too old and is shown again. Please repeat your answer.";

const NOT_VALID: &str = "This sign-in link is not valid any more, or the application made a mistake. \
                         Go back and start again.";
const NOT_AVAILABLE: &str = "The sign-in service is not available right now. Please try again in a \
                             moment.";

/// The login page; its status says what is wrong with the last try.
pub(super) fn login(interaction: &Interaction<'_>, status: StatusCode, username: &str) -> Page {
    let problem = match status {
        StatusCode::UNAUTHORIZED => "The user name or the password is wrong.",
        StatusCode::SERVICE_UNAVAILABLE => {
            "Too many people are signing in right now. Please try again in a moment."
        }
        _ if interaction.was_stale() => STALE,
        _ => "",
    };
    let page = LoginPage {
        client: interaction.client().display_name(),
        action: interaction.action(),
        ticket: interaction.ticket(),
        csrf: interaction.csrf(),
        username,
        problem,
    };
    render(stale_status(interaction, status), &page)
}

/// The consent page.
pub(super) fn consent(interaction: &Interaction<'_>, username: &str) -> Page {
    let page = ConsentPage {
        client: interaction.client().display_name(),
        username,
        action: interaction.action(),
        ticket: interaction.ticket(),
        csrf: interaction.csrf(),
        scope: interaction.scope().iter().collect(),
        resources: interaction.resources(),
        problem: if interaction.was_stale() { STALE } else { "" },
    };
    render(stale_status(interaction, StatusCode::OK), &page)
}

/// The page for an error that goes to no client.
pub(crate) fn error_page(status: StatusCode, error: &ErrorResponse) -> Page {
    let page = ErrorPage {
        error: error.error.as_str(),
        description: error.description.as_deref().unwrap_or_default(),
        advice: match status.is_server_error() {
            true => NOT_AVAILABLE,
            false => NOT_VALID,
        },
    };
    render(status, &page)
}

fn stale_status(interaction: &Interaction<'_>, status: StatusCode) -> StatusCode {
    if interaction.was_stale() && status == StatusCode::OK {
        StatusCode::FORBIDDEN
    } else {
        status
    }
}

fn render(status: StatusCode, page: &impl Template) -> Page {
    match page.render() {
        Ok(html) => Page::html(status, html).with_style(STYLE.trim_end()),
        Err(_) => Page::html(StatusCode::INTERNAL_SERVER_ERROR, "the page can't be shown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grantor_core::ErrorCode;
    use http::header;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn an_error_page_says_whose_fault_it_is() {
        for (status, advice, other) in [
            (StatusCode::BAD_REQUEST, NOT_VALID, NOT_AVAILABLE),
            (StatusCode::INTERNAL_SERVER_ERROR, NOT_AVAILABLE, NOT_VALID),
            (StatusCode::SERVICE_UNAVAILABLE, NOT_AVAILABLE, NOT_VALID),
        ] {
            let error = ErrorResponse::new(ErrorCode::ServerError, "");
            let answer = error_page(status, &error).into_answer();
            let html = answer.into_body().collect().await.unwrap().to_bytes();
            let html = String::from_utf8(html.to_vec()).unwrap();
            assert!(html.contains(advice) && !html.contains(other), "{html}");
        }
    }

    #[tokio::test]
    async fn the_policy_allows_the_style_of_the_page_and_no_other() {
        let error = ErrorResponse::new(ErrorCode::InvalidRequest, "<b>");
        let answer = error_page(StatusCode::BAD_REQUEST, &error).into_answer();
        let csp = answer.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        let html = answer.into_body().collect().await.unwrap().to_bytes();
        let html = String::from_utf8(html.to_vec()).unwrap();
        let (_, after) = html.split_once("<style>").unwrap();
        let (style, _) = after.split_once("</style>").unwrap();
        let expected = Page::html(StatusCode::OK, "")
            .with_style(style)
            .into_answer();
        assert_eq!(csp, expected.headers()[header::CONTENT_SECURITY_POLICY]);
        assert!(csp.contains("style-src 'sha256-") && !csp.contains("unsafe"));
        assert!(html.contains("&#60;b&#62;") || html.contains("&lt;b&gt;"));
    }
}
