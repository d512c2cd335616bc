//! Sites of single grant types beside the one for all others.

use std::collections::BTreeMap;
use std::sync::Arc;

use grantor_core::{BoxFuture, ErrorResponse};
use http::StatusCode;

use super::{
    Decision, DeviceAnswer, Interaction, Login, Page, PageCall, PasswordAnswer, PasswordLogin,
    SignIn, Site, SiteError, UserCodePrompt,
};

/// Asks the site of the grant type that a request is for, if it has one, and otherwise the one for all.
/// Pages of a site's own, and pages about errors, are those of the latter.
#[derive(Debug)]
pub(crate) struct SitesByGrantType {
    pub(crate) others: Arc<dyn Site>,
    /// By the names of grant types on the wire.
    pub(crate) by_grant_type: BTreeMap<String, Arc<dyn Site>>,
    pub(crate) device_code: &'static str,
}

impl SitesByGrantType {
    fn site(&self, grant_type: &str) -> &dyn Site {
        let own = self.by_grant_type.get(grant_type);
        own.map_or(&*self.others, |site| &**site)
    }
}

impl Site for SitesByGrantType {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        self.site(interaction.grant_type()).login(interaction)
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        login: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        self.site(interaction.grant_type())
            .consent(interaction, login)
    }

    fn paths(&self) -> &[&str] {
        self.others.paths()
    }

    fn page<'a>(
        &'a self,
        call: &'a PageCall<'a>,
    ) -> BoxFuture<'a, Result<Option<Page>, SiteError>> {
        self.others.page(call)
    }

    fn user_code<'a>(
        &'a self,
        prompt: &'a UserCodePrompt<'a>,
    ) -> BoxFuture<'a, Result<Page, SiteError>> {
        self.site(self.device_code).user_code(prompt)
    }

    fn device_answered(&self, answer: DeviceAnswer) -> Page {
        self.site(self.device_code).device_answered(answer)
    }

    fn password<'a>(
        &'a self,
        login: &'a PasswordLogin<'a>,
    ) -> BoxFuture<'a, Result<PasswordAnswer, SiteError>> {
        self.site(login.grant_type()).password(login)
    }

    fn error(&self, status: StatusCode, error: &ErrorResponse) -> Page {
        self.others.error(status, error)
    }
}
