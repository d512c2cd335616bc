//! The calls of a handle for callers without a runtime.

use http::Request;
use tokio::runtime::Handle;

use crate::error::Error;
use crate::request::attempt::Attempt;
use crate::runtime::block_on::block_on;
use crate::token::access_token::AccessToken;
use crate::token::token_set::TokenSet;
use crate::tokens::Tokens;

/// For callers without a runtime.
impl Tokens {
    /// Like [`get`](Self::get), for a caller without a runtime.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_blocking(&self) -> Result<AccessToken, Error> {
        self.wait(self.get())
    }

    /// Like [`token_set`](Self::token_set), for a caller without a runtime.
    ///
    /// # Errors
    /// As [`token_set`](Self::token_set).
    pub fn token_set_blocking(&self) -> Result<TokenSet, Error> {
        self.wait(self.token_set())
    }

    /// Like [`renew`](Self::renew), for a caller without a runtime.
    ///
    /// # Errors
    /// As [`renew`](Self::renew).
    pub fn renew_blocking(&self) -> Result<AccessToken, Error> {
        self.wait(self.renew())
    }

    /// Like [`forget`](Self::forget), for a caller without a runtime.
    ///
    /// # Errors
    /// As [`forget`](Self::forget).
    pub fn forget_blocking(&self) -> Result<(), Error> {
        self.wait(self.forget())
    }

    /// Like [`prepare`](Self::prepare), for a caller without a runtime.
    ///
    /// A call with a client of ureq's own; [`blocking_session`](Self::blocking_session) does this, and
    /// sends again what is rejected.
    ///
    /// ```no_run
    /// use grantor_client::Tokens;
    ///
    /// fn things(tokens: &Tokens, agent: &ureq::Agent) -> Result<String, Box<dyn std::error::Error>> {
    ///     let mut request = http::Request::get("https://api.example/things").body(())?;
    ///     let _attempt = tokens.prepare_blocking(&mut request)?;
    ///     Ok(agent.run(request)?.body_mut().read_to_string()?)
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_blocking<B>(&self, request: &mut Request<B>) -> Result<Attempt, Error> {
        self.wait(self.prepare(request))
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let runtime = if self.has_fast_path() {
            None
        } else {
            self.services().shared.worker.handle()
        };
        // Hooks and callables may wait, and there may be no other runtime that they could wait on.
        let _within = runtime.as_ref().map(Handle::enter);
        block_on(work)
    }
}
