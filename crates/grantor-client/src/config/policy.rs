//! When tokens are renewed, and how patiently they are requested.

use std::time::Duration;

use grantor_core::exchange::Retry;
use grantor_store::DEFAULT_MAX_CLOCK_SKEW;
use http::StatusCode;

/// When tokens are renewed, how patiently they are requested, and which answers reject them.
///
/// The defaults fit most servers.
///
/// ```
/// use std::time::Duration;
/// use grantor_client::Policy;
///
/// let mut policy = Policy::default();
/// policy.refresh_margin = Duration::from_secs(30);
/// policy.default_lifetime = Some(Duration::from_secs(600));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Policy {
    /// How long before its end a token is renewed at most. 300 s by default.
    pub refresh_margin: Duration,
    /// How much of its lifetime the margin takes at most, so that a short token is not renewed all
    /// the time: between 0 and 0.5, a quarter by default.
    pub margin_fraction: f64,
    /// How far renewals of many processes are spread before the margin at most. 60 s by default.
    pub jitter: Duration,
    /// How much of its lifetime the jitter takes at most: between 0 and 0.25, a twentieth by
    /// default.
    pub jitter_fraction: f64,
    /// How long a token lives if the server does not say (RFC 6749 section 5.1 lets it). None, the
    /// default: it is used until an API rejects it, and renewed once an hour while it is used.
    pub default_lifetime: Option<Duration>,
    /// How far the clocks of machines that share a store may differ. 60 s by default.
    pub clock_skew: Duration,
    /// How long one token request may take, from connecting to the last byte of its answer. 10 s by
    /// default.
    pub request_timeout: Duration,
    /// When a token request is repeated.
    pub retry: Retry,
    /// The statuses of an API's answer by which it rejects a token. 401 by default; some APIs say
    /// 403 or 419.
    pub rejection_statuses: Vec<StatusCode>,
    /// How many per-request tokens (of token exchange, or of users who came with the request) are
    /// kept at most; the one that was not used for the longest time goes first. 10,000 by default.
    pub max_subject_tokens: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            refresh_margin: Duration::from_secs(300),
            margin_fraction: 0.25,
            jitter: Duration::from_secs(60),
            jitter_fraction: 0.05,
            default_lifetime: None,
            clock_skew: DEFAULT_MAX_CLOCK_SKEW,
            request_timeout: Duration::from_secs(10),
            retry: Retry::default(),
            rejection_statuses: vec![StatusCode::UNAUTHORIZED],
            max_subject_tokens: 10_000,
        }
    }
}

impl Policy {
    /// Adds the problems of the policy.
    pub(crate) fn check(&self, problems: &mut Vec<String>) {
        let mut within = |name: &str, value: f64, most: f64| {
            if !(0.0..=most).contains(&value) {
                problems.push(format!("\"{name}\" is not between 0 and {most}"));
            }
        };
        within("margin_fraction", self.margin_fraction, 0.5);
        within("jitter_fraction", self.jitter_fraction, 0.25);
        for (name, zero) in [
            ("request_timeout", self.request_timeout.is_zero()),
            (
                "default_lifetime",
                self.default_lifetime
                    .is_some_and(|lifetime| lifetime.is_zero()),
            ),
            ("max_subject_tokens", self.max_subject_tokens == 0),
            ("retry.attempts", self.retry.attempts == 0),
        ] {
            if zero {
                problems.push(format!("\"{name}\" is zero"));
            }
        }
        if self.rejection_statuses.iter().any(StatusCode::is_success) {
            problems.push("\"rejection_statuses\" names a status of success".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_problem() {
        let mut problems = Vec::new();
        Policy::default().check(&mut problems);
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn all_that_can_not_work_is_named() {
        let mut problems = Vec::new();
        let policy = Policy {
            margin_fraction: f64::NAN,
            jitter_fraction: 0.3,
            request_timeout: Duration::ZERO,
            default_lifetime: Some(Duration::ZERO),
            max_subject_tokens: 0,
            rejection_statuses: vec![StatusCode::OK],
            ..Policy::default()
        };
        policy.check(&mut problems);
        assert_eq!(problems.len(), 6, "{problems:?}");
        assert!(problems[0].contains("margin_fraction"));
    }
}
