//! The sign-ins that wait for a notification of the server (CIBA Core section 10.2).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grantor_core::{BackchannelNotification, InvalidNotification, Secret};
use http::HeaderMap;
use tokio::sync::Notify;

/// All that wait, by their `auth_req_id`. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Notifications(Arc<Mutex<HashMap<String, Expected>>>);

/// What is expected of a notification.
struct Expected {
    token: Secret,
    notify: Arc<Notify>,
}

/// One sign-in that waits, until this is dropped.
pub(super) struct Awaited {
    all: Notifications,
    auth_req_id: String,
    notify: Arc<Notify>,
}

impl Notifications {
    /// Waits for the notification with this token.
    pub(super) fn wait(&self, auth_req_id: &Secret, token: Secret) -> Awaited {
        let notify = Arc::new(Notify::new());
        let expected = Expected {
            token,
            notify: Arc::clone(&notify),
        };
        let auth_req_id = auth_req_id.expose().to_owned();
        self.all().insert(auth_req_id.clone(), expected);
        Awaited {
            all: self.clone(),
            auth_req_id,
            notify,
        }
    }

    /// Takes a notification, and wakes the sign-in that waits for it.
    pub(super) fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), InvalidNotification> {
        let notification = BackchannelNotification::from_request(headers, body)?;
        let all = self.all();
        let expected = all.get(notification.auth_req_id().expose());
        let expected = expected.ok_or(InvalidNotification::WrongToken)?;
        notification.verify(&expected.token)?;
        // One that comes before anybody waits is kept.
        expected.notify.notify_one();
        Ok(())
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Expected>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Awaited {
    pub(super) fn notified(&self) -> &Arc<Notify> {
        &self.notify
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.all.all().remove(&self.auth_req_id);
    }
}
