//! What the redirect of a sign-in brings, how it travels, and how the request for it is signed.

use grantor_core::{ResponseMode, ResponseType};
use grantor_jose::jwe::{ContentEncryption, KeyManagement};

use super::code_flow::CodeFlow;
use crate::authorization_server::assertion::Assertion;
use crate::authorization_server::request_object::RequestSigning;
use crate::config::authorization_answer::RedirectTokens;

impl CodeFlow {
    /// The values that the redirect brings, in place of a code alone.
    ///
    /// | response type | flow (OpenID Connect Core section 3) |
    /// |---|---|
    /// | `code` | authorization code |
    /// | `code id_token` | hybrid: the ID token says who signed in before the code is redeemed |
    /// | `id_token` | implicit: who signed in, and no tokens |
    /// | `code token`, `code id_token token` | hybrid, with an access token in the redirect, which is compared with its hash and not used: the code gives a better one |
    /// | `token`, `id_token token` | implicit: the tokens are good until they end, and nothing renews them |
    ///
    /// Those with `token` take [`danger_redirect_tokens`](Self::danger_redirect_tokens) too. An ID token in
    /// the redirect must have the hashes of what came with it (sections 3.2.2.11 and 3.3.2.12).
    ///
    /// ```
    /// use grantor_client::Tokens;
    /// use grantor_core::{ResponseMode, ResponseType};
    ///
    /// let flow = Tokens::login("https://idp.example", "app")
    ///     .scope("openid")
    ///     .code_flow("https://app.example/callback")?
    ///     .response_type(ResponseType::parse("code id_token"))
    ///     .response_mode(ResponseMode::FormPost);
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    #[must_use]
    pub fn response_type(mut self, response_type: ResponseType) -> Self {
        self.answer.response_type = response_type;
        self
    }

    /// How the answer travels; without this, in the query, or in the fragment if it has a token.
    ///
    /// [`finish`](Self::finish) takes it where the mode puts it: the URL or its query, the URL or its
    /// fragment, the body of the form that the browser posts. With one of the modes of JARM it is a JWT:
    /// its signature, `iss`, `aud` and `exp` are checked, and an answer that is none is refused.
    #[must_use]
    pub fn response_mode(mut self, response_mode: ResponseMode) -> Self {
        self.answer.response_mode = Some(response_mode);
        self
    }

    /// Takes access tokens from the redirect, where the history of a browser, a script of the page or
    /// a proxy may see them, and where only an ID token tells whether they were exchanged on the way (RFC
    /// 9700 section 2.1.2).
    #[must_use]
    pub fn danger_redirect_tokens(mut self) -> Self {
        self.redirect_tokens = RedirectTokens::Accepted;
        self
    }

    /// Sends the request as a request object (RFC 9101), signed with the key of
    /// [`client_assertion`](crate::TokensBuilder::client_assertion): a change on its way is
    /// noticed. Where the metadata of the server requires it (`require_signed_request_object`), that is done without
    /// this too. With [`push_requests`](Self::push_requests) the request object is pushed.
    #[must_use]
    pub fn sign_requests(mut self) -> Self {
        self.protection.signing = RequestSigning::ClientKey;
        self
    }

    /// As [`sign_requests`](Self::sign_requests), with the key of this assertion, for a client that
    /// authenticates by something else. Of the assertion its key, header and lifetime are used.
    #[must_use]
    pub fn sign_requests_with(mut self, key: Assertion) -> Self {
        self.protection.signing = RequestSigning::Key(Box::new(key));
        self
    }

    /// Encrypts requests to a key that the server publishes for this algorithm (RFC 9101 section 6.1),
    /// signed inside as [`sign_requests`](Self::sign_requests) does.
    #[must_use]
    pub fn encrypt_requests(
        mut self,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
    ) -> Self {
        self.protection.encryption = Some((algorithm, encryption));
        self
    }
}
