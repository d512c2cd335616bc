//! The pages and their templates.

use askama::Template;
use grantor_core::ErrorResponse;
use grantor_server::{DeviceAnswer, Interaction, Page, SiteError, UserCodePrompt, error_advice};
use http::StatusCode;

/// The names of the forms.
pub(super) const LOGIN: &str = "login";
pub(super) const CONSENT: &str = "consent";

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    client: &'a str,
    action: &'a str,
    hidden: &'a str,
    username: &'a str,
    problem: &'a str,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    client: &'a str,
    /// The host of a client with a metadata document, or nothing.
    host: &'a str,
    /// Whether the client chose its name itself.
    unverified: bool,
    /// Whether any program on the user's device may be the client.
    on_device: bool,
    /// Where the answer goes.
    redirect_host: &'a str,
    username: &'a str,
    action: &'a str,
    hidden: &'a str,
    scope: Vec<&'a str>,
    resources: &'a [String],
    user_code: &'a str,
    warning: &'a str,
    problem: &'a str,
}

#[derive(Template)]
#[template(path = "user_code.html")]
struct UserCodePage<'a> {
    action: &'a str,
    hidden: &'a str,
    user_code: &'a str,
    warning: &'a str,
    problem: &'a str,
}

#[derive(Template)]
#[template(path = "device_answered.html")]
struct DeviceAnsweredPage<'a> {
    advice: &'a str,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    error: &'a str,
    description: &'a str,
    advice: &'a str,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    heading: &'a str,
    text: &'a str,
    detail: &'a str,
}

/// The content of the one `<style>` element of all pages, but for the last line end, which the
/// template leaves out.
const STYLE: &str = include_str!("../templates/style.css");

const STALE: &str = "This page was too old and is shown again. Please repeat your answer.";

/// The login page; its status says what is wrong with the last try.
pub(super) fn login(
    interaction: &Interaction<'_>,
    status: StatusCode,
    username: &str,
) -> Result<Page, SiteError> {
    let form = interaction.form(LOGIN)?;
    let problem = match status {
        StatusCode::UNPROCESSABLE_ENTITY => "The user name or the password is wrong.",
        StatusCode::TOO_MANY_REQUESTS => "There were too many attempts. Please wait a few minutes.",
        StatusCode::SERVICE_UNAVAILABLE => {
            "Too many people are signing in right now. Please try again in a moment."
        }
        _ if interaction.csrf_mismatch() => STALE,
        _ => "",
    };
    let page = LoginPage {
        client: interaction.client().display_name(),
        action: form.action(),
        hidden: &form.hidden_html(),
        username,
        problem,
    };
    Ok(render(stale_status(interaction, status), &page))
}

/// The consent page.
pub(super) fn consent(interaction: &Interaction<'_>, username: &str) -> Result<Page, SiteError> {
    let form = interaction.form(CONSENT)?;
    let client = interaction.client();
    let unverified = client.describes_itself();
    let page = ConsentPage {
        client: client.display_name(),
        host: client.host().unwrap_or_default(),
        unverified,
        on_device: unverified && client.is_on_device_only(),
        redirect_host: interaction.redirect_host(),
        username,
        action: form.action(),
        hidden: &form.hidden_html(),
        scope: interaction.scope().iter().collect(),
        resources: interaction.resources(),
        user_code: interaction.user_code().unwrap_or_default(),
        warning: UserCodePrompt::WARNING,
        problem: if interaction.csrf_mismatch() {
            STALE
        } else {
            ""
        },
    };
    Ok(render(stale_status(interaction, StatusCode::OK), &page))
}

/// The page where a user types in the code of a device.
pub(super) fn user_code(prompt: &UserCodePrompt<'_>) -> Result<Page, SiteError> {
    let form = prompt.form()?;
    let page = UserCodePage {
        action: form.action(),
        hidden: &form.hidden_html(),
        user_code: prompt.user_code().unwrap_or_default(),
        warning: UserCodePrompt::WARNING,
        problem: prompt.problem().map_or("", |problem| problem.advice()),
    };
    Ok(render(prompt.status(), &page))
}

/// The page after the answer to a device.
pub(super) fn device_answered(answer: DeviceAnswer) -> Page {
    let page = DeviceAnsweredPage {
        advice: answer.advice(),
    };
    render(StatusCode::OK, &page)
}

/// The page for an error that goes to no client.
pub(super) fn error(status: StatusCode, error: &ErrorResponse) -> Page {
    let page = ErrorPage {
        error: error.error.as_str(),
        description: error.description.as_deref().unwrap_or_default(),
        advice: error_advice(status),
    };
    render(status, &page)
}

/// A page without a form that looks like the others: a heading, what it means, and a detail in small
/// letters, which may be empty. For programs whose users come from the pages of the server, as
/// `grantor login`.
///
/// ```
/// use grantor_site::notice_page;
/// use http::StatusCode;
///
/// let page = notice_page(StatusCode::OK, "You are signed in", "You can close this page.", "");
/// assert_eq!(page.into_response().headers()["cache-control"], "no-store");
/// ```
#[must_use]
pub fn notice_page(status: StatusCode, heading: &str, text: &str, detail: &str) -> Page {
    let page = NoticePage {
        heading,
        text,
        detail,
    };
    render(status, &page)
}

fn stale_status(interaction: &Interaction<'_>, status: StatusCode) -> StatusCode {
    if interaction.csrf_mismatch() && status == StatusCode::OK {
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
        let (theirs, ours) = ("not valid any more", "not available right now");
        for (status, advice, other) in [
            (StatusCode::BAD_REQUEST, theirs, ours),
            (StatusCode::INTERNAL_SERVER_ERROR, ours, theirs),
            (StatusCode::SERVICE_UNAVAILABLE, ours, theirs),
        ] {
            let error = ErrorResponse::new(ErrorCode::ServerError, "");
            let answer = super::error(status, &error).into_response();
            let html = answer.into_body().collect().await.unwrap().to_bytes();
            let html = String::from_utf8(html.to_vec()).unwrap();
            assert!(html.contains(advice) && !html.contains(other), "{html}");
        }
    }

    #[tokio::test]
    async fn a_notice_is_a_page_whose_texts_are_escaped() {
        let answer = notice_page(StatusCode::OK, "<h>", "<t>", "<d>").into_response();
        let html = answer.into_body().collect().await.unwrap().to_bytes();
        let html = String::from_utf8(html.to_vec()).unwrap();
        for text in ["<h>", "<t>", "<d>"] {
            assert!(!html.contains(text), "{html}");
        }
        assert!(html.contains("system-ui"), "{html}");
    }

    #[tokio::test]
    async fn the_policy_allows_the_style_of_the_page_and_no_other() {
        let error = ErrorResponse::new(ErrorCode::InvalidRequest, "<b>");
        let answer = super::error(StatusCode::BAD_REQUEST, &error).into_response();
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
            .into_response();
        assert_eq!(csp, expected.headers()[header::CONTENT_SECURITY_POLICY]);
        assert!(csp.contains("style-src 'sha256-") && !csp.contains("unsafe"));
        assert!(html.contains("&#60;b&#62;") || html.contains("&lt;b&gt;"));
    }
}
