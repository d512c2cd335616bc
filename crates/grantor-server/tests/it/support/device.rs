use std::sync::Arc;

use grantor_server::grant_type::DeviceCode;
use grantor_server::{Config, NewClient};
use grantor_store::{MemoryStore, Store};

use super::{Browser, Fixture, Reply, Who};

/// A public client on devices without a browser.
pub(crate) const TV: Who = Who {
    id: "tv",
    secret: None,
    redirect_uri: "",
};

/// A device that was given its codes.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) complete: String,
}

impl Device {
    #[track_caller]
    pub(crate) fn of(reply: &Reply) -> Self {
        Self {
            device_code: reply.assert_ok().member("device_code"),
            user_code: reply.member("user_code"),
            complete: reply.member("verification_uri_complete"),
        }
    }

    pub(crate) fn pairs(&self) -> [(&str, &str); 2] {
        [
            ("grant_type", DeviceCode::NAME),
            ("device_code", &self.device_code),
        ]
    }
}

impl Fixture {
    pub(crate) async fn with_devices() -> Self {
        Self::with_devices_on(Arc::new(MemoryStore::new()), |_| {}).await
    }

    pub(crate) async fn with_devices_on(
        store: Arc<dyn Store>,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        let fixture = Self::on(store, |builder| {
            builder.grant_type(DeviceCode).configure(configure)
        });
        let fixture = fixture.await;
        for id in [TV.id, "radio"] {
            let tv = NewClient::public(id)
                .with_name(format!("The {id} of Example"))
                .with_grant_types([DeviceCode::NAME, "refresh_token"])
                .with_scope("read write".parse().unwrap());
            fixture.clients.add(tv).await.unwrap();
        }
        fixture
    }

    /// A device begins.
    pub(crate) async fn device(&self) -> Device {
        let ask = [("scope", "read")];
        Device::of(&self.post("/device_authorization", TV, &ask).await)
    }

    /// A device asks for its tokens.
    pub(crate) async fn poll(&self, device: &Device) -> Reply {
        self.token(TV, &device.pairs()).await
    }

    /// Alice answers a device, in a browser of her own, with this button.
    pub(crate) async fn answer_device(&self, device: &Device, button: &str) -> Reply {
        let mut browser = Browser::new(self);
        let consent = browser.claim(device).await;
        browser.press(consent.assert_ok(), &[], Some(button)).await
    }
}

impl Browser<'_> {
    /// Types in the code of a device.
    pub(crate) async fn type_code(&mut self, code: &str) -> Reply {
        let page = self.open("/device").await;
        self.press(page.assert_ok(), &[("user_code", code)], None)
            .await
    }

    /// Types in the code of a device and signs in as alice: the page that asks her.
    pub(crate) async fn claim(&mut self, device: &Device) -> Reply {
        let login = self.type_code(&device.user_code).await;
        self.sign_in(login.assert_ok()).await
    }
}
