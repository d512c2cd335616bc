//! `grantor demo`: a server on SQLite, a protected API and a client that plays, in one process, over
//! real sockets, in a directory that is removed at the end.
//!
//! Ten steps, each of which checks promises of OAuth and grantor. The counts come from the
//! server's own counters. Nothing is kept, and no user's configuration is read.

mod browser;
mod error;
mod line;
mod player;
mod report;
mod stage;
mod steps;
mod wire;

use std::io::Write;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use grantor_http::system;
use tokio::time::{Instant, timeout_at};

pub use error::Error;
pub use wire::{DirectWire, Wire};

use line::Line;
use player::Player;
use report::Report;
use stage::Stage;
use steps::STEPS;

/// How long one step may take.
const STEP_LIMIT: Duration = Duration::from_secs(8);
/// How long all of them may take.
const LIMIT: Duration = Duration::from_secs(18);

/// How the demo runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Prints one JSON object per line instead of text.
    pub json: bool,
    /// Keeps server and API running after the steps, until the process is stopped.
    pub serve: bool,
}

/// The outcome of the steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The ids of the steps that ran, in order.
    pub played: Vec<&'static str>,
    /// The ids of those that did not hold.
    pub failed: Vec<&'static str>,
}

impl Outcome {
    /// Returns whether every step ran and held: the demo's exit code is 0.
    #[must_use]
    pub fn held(&self) -> bool {
        self.failed.is_empty() && self.played.len() == STEPS.len()
    }
}

/// Plays the demo until its end, or until Ctrl-C or SIGTERM, on a runtime of its own.
///
/// Runs the demo. Requests of its client go over `wire`; the text for the reader goes to `out`.
///
/// # Errors
/// The demo could not be set up, or `out` can't be written. A step that does not hold is no error but
/// part of the [`Outcome`].
///
/// # Panics
/// Within a tokio runtime; use [`play`] there.
pub fn run(options: Options, wire: &Arc<dyn Wire>, out: &mut dyn Write) -> Result<Outcome, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new("the runtime can't be started", error))?;
    runtime.block_on(play(options, wire, out, told_to_stop()))
}

/// Like [`run`], on the runtime there is, and until `stop` resolves. It blocks while it writes to
/// `out`.
///
/// # Errors
/// As [`run`].
pub async fn play(
    options: Options,
    wire: &Arc<dyn Wire>,
    out: &mut dyn Write,
    stop: impl Future<Output = ()>,
) -> Result<Outcome, Error> {
    let environment = system();
    let stage = Stage::open(&environment).await?;
    let mut report = Report::new(options.json, out);
    report.begin(&stage)?;
    let mut player = Player::new(stage, Line::new(), environment)?;
    let mut outcome = Outcome {
        played: Vec::new(),
        failed: Vec::new(),
    };
    let mut stop = pin!(stop);
    let played = play_steps(&mut player, &**wire, &mut report, &mut outcome);
    let stopped = tokio::select! {
        biased;
        played = played => played.map(|()| false)?,
        () = &mut stop => true,
    };
    if !stopped {
        report.end(&outcome)?;
        if options.serve {
            report.serving(&player.stage)?;
            stop.await;
        }
    }
    player.close().await?;
    Ok(outcome)
}

async fn play_steps(
    player: &mut Player,
    wire: &dyn Wire,
    report: &mut Report<'_>,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let deadline = Instant::now() + LIMIT;
    for (id, step) in STEPS {
        player.line.lead_over(wire.transport(id));
        let began = player.elapsed();
        let limit = deadline.min(Instant::now() + STEP_LIMIT);
        let shown = timeout_at(limit, step(player)).await;
        let shown = shown.unwrap_or_else(|_| Err("it took too long, and was given up".to_owned()));
        let took = player.elapsed().saturating_sub(began);
        outcome.played.push(id);
        if shown.is_err() {
            outcome.failed.push(id);
        }
        report.step(id, took, &shown)?;
    }
    Ok(())
}

/// Ends when the user or the system wants the process to end.
async fn told_to_stop() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    let Ok(mut terminate) = terminate else {
        // Without a handler the signal ends the process, as it does by default.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
