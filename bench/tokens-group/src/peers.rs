//! Other clients: what each does to get from a token that it has to the value of the header.

#[cfg(feature = "aliri")]
mod aliri;
#[cfg(feature = "google")]
mod google;
#[cfg(feature = "huskarl")]
mod huskarl;
#[cfg(feature = "yup")]
mod yup;

use harness::Result;
use tokens_group::Call;
use tokio::runtime::{Builder, Runtime};

/// The operation of one client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// Ours beside it.
    pub(crate) ours: &'static str,
    /// Its row: the client, and the name of its operation.
    pub(crate) name: &'static str,
    set_up: fn(Runtime) -> Result<Call>,
}

impl Peer {
    /// Gets a token, and returns what is measured.
    ///
    /// # Errors
    ///
    /// The client gets no token from a server of ours.
    pub(crate) fn set_up(self) -> Result<Call> {
        // Of a thread of its own, as it also renews what is measured.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        (self.set_up)(runtime)
    }
}

/// All that this program was built with.
pub(crate) const PEERS: &[Peer] = &[
    #[cfg(feature = "huskarl")]
    Peer {
        ours: "prepare_observe_beside_huskarl",
        name: "huskarl_get_headers",
        set_up: huskarl::set_up,
    },
    #[cfg(feature = "yup")]
    Peer {
        ours: "prepare_observe_beside_yup_oauth2",
        name: "yup_oauth2_token_to_header",
        set_up: yup::set_up,
    },
    #[cfg(feature = "aliri")]
    Peer {
        ours: "prepare_observe_beside_aliri_tokens",
        name: "aliri_tokens_token_to_header",
        set_up: aliri::set_up,
    },
    #[cfg(feature = "google")]
    Peer {
        ours: "prepare_observe_beside_google_cloud_auth",
        name: "google_cloud_auth_headers",
        set_up: google::set_up,
    },
];

/// The value of the header, for clients that return the token alone.
#[cfg(any(feature = "aliri", feature = "yup"))]
fn bearer(token: &str) -> Result<http::HeaderValue> {
    let mut value = http::HeaderValue::try_from(format!("Bearer {token}"))?;
    value.set_sensitive(true);
    Ok(value)
}
