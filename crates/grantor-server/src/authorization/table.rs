//! The table of the steps.

use grantor_core::BoxFuture;

use super::context::AuthorizationContext;
use super::entry::Entry::{self, Backchannel, Device, Front, Pushed, Resume, Verification};
use super::flow::Delivery::{self, ToClient, ToUser};
use super::flow::Flow;
use super::{check, respond, step};
use crate::error::Error;
use crate::http::Reply;
use Run::{Ask, Check};

/// One step on the way from a request to its answer.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// The entries that run it. A check of something that may change while a page is open runs again at
    /// `Resume`.
    pub(crate) entries: &'static [Entry],
    /// The recipient of its failure.
    pub(crate) delivery: Delivery,
    pub(crate) run: Run,
}

/// The work of a step.
pub(crate) enum Run {
    /// It looks at the request.
    Check(fn(&mut AuthorizationContext<'_>) -> Result<(), Error>),
    /// It asks a store or the site, and may answer.
    Ask(for<'a> fn(&'a mut AuthorizationContext<'_>) -> BoxFuture<'a, Result<Flow, Error>>),
}

/// Every step, in order. The first that fails or answers is the last.
#[rustfmt::skip]
pub(crate) const TABLE: &[Step] = &[
    row("client",        &[Front, Pushed, Device, Backchannel, Verification, Resume], ToUser, Ask(check::client::run)),
    row("redirect_uri",  &[Front, Pushed, Resume],                      ToUser,   Check(check::redirect_uri::run)),
    row("device",        &[Device, Verification],                       ToClient, Check(check::device::run)),
    row("pushed_request", &[Front, Resume],                             ToClient, Check(check::pushed_request::run)),
    row("parameters",    &[Front, Pushed],                              ToClient, Check(check::parameters::run)),
    row("unsupported",   &[Front, Pushed],                              ToClient, Check(check::unsupported::run)),
    row("response_type", &[Front, Pushed, Resume],                      ToClient, Check(check::response_type::run)),
    row("scope",         &[Front, Pushed, Device, Backchannel, Verification, Resume], ToClient, Check(check::scope::run)),
    row("resource",      &[Front, Pushed, Device, Backchannel, Verification, Resume], ToClient, Ask(check::resource::run)),
    row("pkce",          &[Front, Pushed, Resume],                      ToClient, Check(check::pkce::run)),
    row("dpop_jkt",      &[Front, Pushed],                              ToClient, Check(check::dpop_jkt::run)),
    row("prompt",        &[Front, Pushed],                              ToClient, Check(check::prompt::run)),
    row("login",         &[Front, Verification, Resume],                ToClient, Ask(step::login::run)),
    row("consent",       &[Front, Verification, Resume],                ToClient, Ask(step::consent::run)),
    row("respond",       &[Front, Resume],                              ToClient, Ask(respond::code::run)),
    row("respond_pushed",&[Pushed],                                     ToClient, Ask(respond::pushed::run)),
    row("respond_device",&[Device],                                     ToClient, Ask(respond::device::run)),
    row("respond_user",  &[Verification],                               ToClient, Ask(respond::verification::run)),
];

const fn row(name: &'static str, entries: &'static [Entry], delivery: Delivery, run: Run) -> Step {
    Step {
        name,
        entries,
        delivery,
        run,
    }
}

/// Runs the steps of an entry.
pub(super) async fn run(mut context: AuthorizationContext<'_>) -> Result<Reply, Error> {
    let entry = context.entry;
    for step in TABLE.iter().filter(|step| step.entries.contains(&entry)) {
        let flow = match step.run {
            Check(check) => check(&mut context).map(|()| Flow::Continue),
            Ask(ask) => ask(&mut context).await,
        };
        match flow {
            Ok(Flow::Continue) => {}
            Ok(Flow::Reply(reply)) => return Ok(reply),
            Err(error) => {
                tracing::debug!(step = step.name, "authorization request refused");
                return context.fault(step.delivery, error);
            }
        }
    }
    Err(Error::Internal("no step answered".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_client_and_redirect_uri_are_known_the_user_hears_of_faults() {
        let to_user = TABLE.iter().filter(|step| step.delivery == ToUser);
        let to_user: Vec<&str> = to_user.map(|step| step.name).collect();
        assert_eq!(to_user, ["client", "redirect_uri"]);
        let first: Vec<&str> = TABLE.iter().take(2).map(|step| step.name).collect();
        assert_eq!(first, to_user);
    }

    #[test]
    fn what_may_change_while_a_page_is_open_runs_again() {
        let again = TABLE.iter().filter(|step| step.entries.contains(&Resume));
        let again: Vec<&str> = again.map(|step| step.name).collect();
        let expected = [
            "client",
            "redirect_uri",
            "pushed_request",
            "response_type",
            "scope",
            "resource",
            "pkce",
            "login",
            "consent",
            "respond",
        ];
        assert_eq!(again, expected);
        // The rest depends on the request alone, which can't change, or is a device's.
        let once = TABLE.iter().filter(|step| !step.entries.contains(&Resume));
        let once: Vec<&str> = once.map(|step| step.name).collect();
        assert_eq!(
            once,
            [
                "device",
                "parameters",
                "unsupported",
                "dpop_jkt",
                "prompt",
                "respond_pushed",
                "respond_device",
                "respond_user",
            ]
        );
    }

    #[test]
    fn a_request_of_a_device_is_checked_again_when_its_user_decides() {
        let steps = |entry| {
            let own = TABLE
                .iter()
                .filter(move |step| step.entries.contains(&entry));
            own.map(|step| step.name).collect::<Vec<&str>>()
        };
        let asked = ["client", "device", "scope", "resource"];
        assert_eq!(steps(Device), [&asked[..], &["respond_device"]].concat());
        let decided = ["login", "consent", "respond_user"];
        assert_eq!(steps(Verification), [&asked[..], &decided].concat());
    }

    #[test]
    fn every_entry_that_takes_a_request_checks_its_client_first() {
        for entry in [Front, Pushed, Device, Backchannel, Verification, Resume] {
            let first = TABLE.iter().find(|step| step.entries.contains(&entry));
            assert_eq!(first.map(|step| step.name), Some("client"), "{entry:?}");
        }
    }

    #[test]
    fn only_entries_with_a_browser_ask_the_site() {
        for name in [
            "login",
            "consent",
            "respond",
            "respond_user",
            "pushed_request",
        ] {
            let step = TABLE.iter().find(|step| step.name == name).unwrap();
            assert!(
                step.entries.iter().all(|entry| entry.has_browser()),
                "{name}"
            );
        }
    }
}
