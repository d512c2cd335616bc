//! Signing in with a browser of this machine, which comes back to a loopback address (RFC 8252).

use std::sync::Arc;
use std::time::Duration;

use grantor_client::{CodeFlow, PendingAuthorization, SignedIn, TokensBuilder};
use grantor_core::Secret;
use grantor_listen::Options;
use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use url::Url;

use super::callback::{Arrival, Callback, Outcome};
use super::loopback::Loopback;
use super::start_page::StartPage;
use super::{browser, keep, too_late};
use crate::args::Login;
use crate::command::saved_logins::{LoginList, SavedLogin};
use crate::command::token_options::parameter;
use crate::error::CliError;
use crate::output::Output;

/// Opens the browser, waits for it, and ends the sign-in. The page at the end says what came of it, so it
/// is shown after the login is kept.
pub(super) async fn sign_in(
    builder: TokensBuilder,
    args: &Login,
    (list, login): (&LoginList, &mut SavedLogin),
    output: &Output,
) -> Result<SignedIn, CliError> {
    let loopback = Loopback::bind(&args.redirect_uri).await?;
    let mut flow = builder.code_flow(loopback.redirect_uri.as_str())?;
    for text in &args.parameters {
        let (name, value) = parameter(text)?;
        flow = flow.parameter(name, value);
    }
    let started = flow.start().await?;
    let start = Arc::new(StartPage::new(started.url.clone()));
    let opened = start.url(&loopback.redirect_uri);
    let serving = Serving::start(loopback, (started.pending.state(), start));
    show(&started.url, &opened, args, output);
    let (answer, outcome, stop) = serving.into_parts();
    let ended = end(&flow, started.pending, args.timeout, answer).await;
    let kept = match ended {
        Ok(signed_in) => keep(list, login, &signed_in).await.map(|()| signed_in),
        Err(error) => Err(error),
    };
    outcome.send_replace(Some(match &kept {
        Ok(_) => Outcome::SignedIn,
        Err(error) => Outcome::Failed(error.to_string()),
    }));
    stop.finish().await;
    kept
}

/// Waits for the browser and redeems its code.
async fn end(
    flow: &CodeFlow,
    pending: PendingAuthorization,
    limit: Duration,
    answer: oneshot::Receiver<Arrival>,
) -> Result<SignedIn, CliError> {
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(Arrival::Answer(query))) => Ok(flow.finish(pending, &query).await?),
        Ok(Ok(Arrival::OpenedTwice)) => Err(CliError::failed(
            "the page that the sign-in begins at was opened twice, perhaps by another user of this machine",
        )
        .hint("try again; with --no-browser open the URL yourself")),
        Ok(Err(_)) => Err(CliError::failed("the listener for the browser ended")),
        Err(_) => Err(too_late(limit)),
    }
}

fn show(url: &Url, opened: &Url, args: &Login, output: &Output) {
    let is_opened = !args.no_browser && browser::open(opened);
    if output.is_json() {
        let json = json!({ "authorization_url": url, "browser_opened": is_opened });
        return output.note(&json.to_string());
    }
    let seconds = args.timeout.as_secs();
    output.note(&match is_opened {
        true => format!(
            "Your browser opens to sign you in, which has to be done within {seconds} s. If it does \
             not:\n{url}"
        ),
        false => format!(
            "Open this page in a browser on this machine within {seconds} s (--device is for a browser \
             elsewhere):\n{url}"
        ),
    });
}

/// The listeners, while they wait for the browser.
struct Serving {
    answer: oneshot::Receiver<Arrival>,
    outcome: watch::Sender<Option<Outcome>>,
    stop: Stop,
}

impl Serving {
    fn start(loopback: Loopback, begun: (Secret, Arc<StartPage>)) -> Self {
        let (arrived, answer) = oneshot::channel();
        let (outcome, known) = watch::channel(None);
        let (sender, stopped) = watch::channel(false);
        let path = loopback.redirect_uri.path();
        let callback = Callback::new(path, begun, arrived, known);
        let mut listeners = JoinSet::new();
        for listener in loopback.listeners {
            let mut stopped = stopped.clone();
            let until = async move {
                // If the sender is gone, so is the command.
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            listeners.spawn(grantor_listen::serve(
                listener,
                callback.clone().into_service(),
                options(),
                until,
            ));
        }
        Self {
            answer,
            outcome,
            stop: Stop { sender, listeners },
        }
    }

    fn into_parts(
        self,
    ) -> (
        oneshot::Receiver<Arrival>,
        watch::Sender<Option<Outcome>>,
        Stop,
    ) {
        (self.answer, self.outcome, self.stop)
    }
}

/// The end of the listeners.
struct Stop {
    sender: watch::Sender<bool>,
    listeners: JoinSet<()>,
}

impl Stop {
    /// Ends them, after the page was sent.
    async fn finish(mut self) {
        self.sender.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
    }
}

/// One browser comes, and whatever else knocks on ports.
fn options() -> Options {
    Options {
        max_connections: 64,
        idle_timeout: Duration::from_secs(10),
        head_timeout: Duration::from_secs(10),
        drain_timeout: Duration::from_secs(2),
        ..Options::default()
    }
}
