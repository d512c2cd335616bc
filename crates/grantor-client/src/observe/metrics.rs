//! Counts for the metrics of a program.

use std::fmt::Debug;

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricEvent {
    /// A request got a token at once.
    Hit,
    /// A renewal fetched a token from the server, or from the program's own source.
    Renewal,
    /// A renewal adopted a token that another process had stored.
    Adoption,
    /// A caller waited for a renewal.
    Wait,
    /// An API rejected a token, and a renewal followed.
    Rejection,
    /// A renewal failed.
    Failure,
}

impl MetricEvent {
    /// The name of the metric, in the way of Prometheus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hit => "grantor_token_hits_total",
            Self::Renewal => "grantor_token_renewals_total",
            Self::Adoption => "grantor_token_adoptions_total",
            Self::Wait => "grantor_token_waits_total",
            Self::Rejection => "grantor_token_rejections_total",
            Self::Failure => "grantor_token_failures_total",
        }
    }
}

/// Where counts go besides [`Tokens::counts`](crate::Tokens::counts).
///
/// Called on the way of every request, so it must neither block nor be slow.
pub trait Metrics: Debug + Send + Sync + 'static {
    /// Something happened once more.
    fn count(&self, counted: MetricEvent);
}

/// Counts into the recorder of the crate `metrics`, with the client's identifier as label.
#[cfg(feature = "metrics")]
#[derive(Debug, Clone)]
pub struct MetricsRecorder {
    client_id: metrics::SharedString,
}

#[cfg(feature = "metrics")]
impl MetricsRecorder {
    /// Counts under the label `client_id`.
    #[must_use]
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into().into(),
        }
    }
}

#[cfg(feature = "metrics")]
impl Metrics for MetricsRecorder {
    fn count(&self, counted: MetricEvent) {
        metrics::counter!(counted.name(), "client_id" => self.client_id.clone()).increment(1);
    }
}
