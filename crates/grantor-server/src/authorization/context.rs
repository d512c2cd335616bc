//! The data of an authorization request that the steps share.

use std::sync::Arc;

use grantor_core::{AuthorizationRequest, CodeChallenge, ResponseMode, ResponseType, Scope};
use grantor_jose::check::{holds, is_off};

use super::entry::Entry;
use super::flow::Delivery;
use super::incoming::Incoming;
use super::sealed_request::SealedRequest;
use crate::client::Client;
use crate::device_authorization::DeviceAuthorization;
use crate::dpop::CheckedProof;
use crate::error::Error;
use crate::grant_type::{DeviceCode, Implicit};
use crate::http::fault::{self, ClientAddress, Place};
use crate::http::{Browser, Call, Reply};
use crate::policy::Policy;
use crate::pushed_request::PushedRequest;
use crate::services::Services;
use crate::site::{Allowed, FormKey, Login, LoginRequirements, Stage, Submitted};

/// A request, and what the steps have found out about it.
pub(crate) struct AuthorizationContext<'a> {
    pub(crate) services: &'a Services,
    pub(crate) call: &'a Call<'a>,
    pub(crate) entry: Entry,
    pub(crate) sealed: SealedRequest,
    /// The sealed request as it travels through pages.
    pub(crate) sealed_text: String,
    pub(crate) request: AuthorizationRequest,
    /// The stored record of the request, if its client pushed it.
    pub(crate) pushed: Option<PushedRequest>,
    /// The stored record of it, if a device made it.
    pub(crate) device: Option<DeviceAuthorization>,
    /// The browser, if the entry has one.
    browser: Option<Browser>,
    pub(crate) client: Option<Arc<Client>>,
    /// The client's, once it is known.
    pub(crate) policy: Policy,
    /// How the answer goes there: in the fragment, if it is a token.
    pub(crate) response_mode: ResponseMode,
    /// Where the answer goes. Once it is known, faults go there too.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) resources: Vec<String>,
    pub(crate) challenge: Option<CodeChallenge>,
    /// The proof that a pushed request came with.
    pub(crate) proof: Option<CheckedProof>,
    pub(crate) requirements: LoginRequirements,
    pub(crate) login: Option<Login>,
    pub(crate) answer: Option<UserAnswer>,
}

/// How the answer goes to the client. A token never goes in a query, nor do the errors of a request for one
/// (RFC 6749 section 4.2.2.1).
fn mode_of_answer(services: &Services, request: &AuthorizationRequest) -> ResponseMode {
    let response_type = request.response_type.as_ref();
    let has_token = response_type.is_some_and(ResponseType::has_token);
    if services.has_implicit_grant_type && has_token {
        ResponseMode::Fragment
    } else {
        ResponseMode::Query
    }
}

/// The user's answer.
#[derive(Debug)]
pub(crate) enum UserAnswer {
    Denied,
    Allowed {
        allowed: Allowed,
        /// True if the consent that is remembered says so.
        remembered: bool,
    },
}

impl<'a> AuthorizationContext<'a> {
    pub(super) fn new(
        services: &'a Services,
        call: &'a Call<'a>,
        entry: Entry,
        incoming: Incoming,
        browser: Option<Browser>,
    ) -> Self {
        let Incoming {
            sealed,
            sealed_text,
            request,
            pushed,
            device,
        } = incoming;
        let response_mode = mode_of_answer(services, &request);
        let mut requirements = LoginRequirements::of(&request, sealed.started_at);
        // RFC 8628 section 5.4: whoever types in a code confirms it, whatever they allowed before.
        requirements.ask_consent |= device.is_some() && !is_off("device.confirmation");
        Self {
            services,
            call,
            entry,
            requirements,
            sealed,
            sealed_text,
            request,
            pushed,
            device,
            browser,
            client: None,
            policy: services.policy,
            response_mode,
            redirect_uri: None,
            scope: Scope::default(),
            resources: Vec::new(),
            challenge: None,
            proof: None,
            login: None,
            answer: None,
        }
    }

    /// The client, once the step `client` has passed.
    pub(crate) fn client(&self) -> Result<&Arc<Client>, Error> {
        let client = self.client.as_ref();
        client.ok_or_else(|| Error::Internal("the step client comes first".to_owned()))
    }

    /// The browser, in the steps of entries that have one.
    pub(crate) fn browser(&self) -> Result<&Browser, Error> {
        let browser = self.browser.as_ref();
        browser.ok_or_else(|| Error::Internal("the entry has no browser".to_owned()))
    }

    /// The grant type of what the request leads to.
    pub(crate) fn grant_type(&self) -> &'static str {
        match (self.entry, &self.device, &self.response_mode) {
            (Entry::Device, ..) | (_, Some(_), _) => DeviceCode::NAME,
            (_, None, ResponseMode::Fragment) => Implicit::NAME,
            _ => "authorization_code",
        }
    }

    /// The login, once the step `login` has passed.
    pub(crate) fn login(&self) -> Result<&Login, Error> {
        let login = self.login.as_ref();
        login.ok_or_else(|| Error::Internal("the step login comes first".to_owned()))
    }

    /// The answer of the user, once the step `consent` has passed.
    pub(crate) fn answer(&self) -> Result<&UserAnswer, Error> {
        let answer = self.answer.as_ref();
        answer.ok_or_else(|| Error::Internal("the user has not answered".to_owned()))
    }

    /// The key that makes and opens the forms of a stage.
    pub(crate) fn forms<'s>(
        &'s self,
        stage: Stage,
        binding: &'s str,
    ) -> Result<FormKey<'s>, Error> {
        Ok(FormKey {
            key: &self.services.page_keys.forms,
            environment: &self.services.environment,
            stage,
            browser: &self.browser()?.secret,
            request: &self.sealed_text,
            binding,
            action: &self.services.urls.resume_path,
        })
    }

    /// Returns whether a form came back. Nothing else decides anything.
    pub(crate) fn has_form(&self) -> bool {
        matches!(self.entry, Entry::Resume | Entry::Verification) && self.call.is_post()
    }

    /// The form that came back, if it is one of these.
    pub(crate) fn submitted<'s>(&'s self, forms: &FormKey<'_>) -> Option<Submitted<'s>> {
        self.has_form()
            .then(|| forms.open(&self.call.params))
            .flatten()
    }

    /// The code that the user typed in, if a device asks.
    pub(crate) fn user_code(&self) -> Option<&str> {
        self.sealed.typed().map(|(user_code, _)| user_code)
    }

    /// Where a fault or an answer belongs in events.
    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            endpoint: "authorization",
            client_id: self.client.as_ref().map(|client| client.id.as_str()),
            reason: None,
        }
    }

    /// Where the answer goes.
    pub(crate) fn address(&self) -> ClientAddress<'_> {
        ClientAddress {
            redirect_uri: self.redirect_uri.as_deref().unwrap_or_default(),
            mode: &self.response_mode,
            state: self.request.state.as_deref(),
        }
    }

    /// Whether a fault may send the browser on. Anybody can be a client that describes itself, and would
    /// use a link to this server to lead users elsewhere (RFC 9700 section 4.11.2). It gets the answers
    /// of users, and they see faults here.
    fn trusts_redirect_uri(&self) -> bool {
        let client = self.client.as_ref();
        holds(
            "redirect.untrusted_client",
            client.is_some_and(|client| !client.describes_itself()),
        )
    }

    /// Answers with a fault.
    pub(super) fn fault(&self, delivery: Delivery, error: Error) -> Result<Reply, Error> {
        if !self.entry.has_browser() {
            return Err(error);
        }
        Ok(match (delivery, &self.redirect_uri) {
            (Delivery::ToClient, Some(_)) if self.trusts_redirect_uri() => {
                fault::redirect(self.services, self.place(), self.address(), &error)
            }
            _ => fault::page(self.services, self.place(), &error),
        })
    }
}
