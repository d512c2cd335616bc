//! Where servers differ from the specifications.

/// The deviations of a server from the specifications, as data.
///
/// [`Quirks::NONE`], the default, is a server that follows them. Deviations that can't be mistaken
/// are read from any server without a quirk: lifetimes as strings or fractions, scopes as arrays, a
/// missing `token_type` (which is then `Bearer`), errors with status 200.
///
/// ```
/// use grantor_core::{Quirks, ScopeSeparator};
///
/// const COMMAS: Quirks = {
///     let mut quirks = Quirks::NONE;
///     quirks.request_scope = ScopeSeparator::Comma;
///     quirks.answer_scope = ScopeSeparator::Comma;
///     quirks
/// };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// How the parameters of a token request travel.
    pub request: RequestEncoding,
    /// How identifier and secret are written in HTTP Basic.
    pub basic: BasicEncoding,
    /// The separator between the values of `scope` in an authorization or token request.
    pub request_scope: ScopeSeparator,
    /// The encoding of the body of an answer.
    pub answer: AnswerEncoding,
    /// How the members of an answer are written.
    pub member_names: MemberNames,
    /// Where in an answer the object with the token is, as a JSON pointer (RFC 6901). Only that
    /// object is read; the answer itself, if there is nothing, as with some servers after a refresh.
    pub token_at: Option<&'static str>,
    /// Where in an answer the code of an error is, as a JSON pointer; `error` is read besides.
    pub error_at: Option<&'static str>,
    /// The member with the lifetime, in seconds, where `expires_in` is missing.
    pub lifetime_member: Option<&'static str>,
    /// The separator between the values of `scope` in an answer.
    pub answer_scope: ScopeSeparator,
    /// The meaning of `token_type` in an answer.
    pub token_type: TokenTypeMeaning,
}

impl Quirks {
    /// None: the server follows the specifications.
    pub const NONE: Self = Self {
        request: RequestEncoding::Form,
        basic: BasicEncoding::FormEncoded,
        request_scope: ScopeSeparator::Space,
        answer: AnswerEncoding::Json,
        member_names: MemberNames::Standard,
        token_at: None,
        error_at: None,
        lifetime_member: None,
        answer_scope: ScopeSeparator::Space,
        token_type: TokenTypeMeaning::AsSaid,
    };

    /// The scope of a request, as this server takes it.
    pub(crate) fn write_scope(&self, scope: &str) -> String {
        match self.request_scope {
            ScopeSeparator::Space => scope.to_owned(),
            ScopeSeparator::Comma => scope.replace(' ', ","),
        }
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self::NONE
    }
}

/// How the parameters of a token request travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestEncoding {
    /// As a form in the body of a POST (RFC 6749 section 3.2).
    #[default]
    Form,
    /// As a JSON object in the body of a POST.
    Json,
    /// In the URL of a GET. URLs land in the logs of every proxy and server on the way, and codes,
    /// refresh tokens, passwords and a secret sent by `client_secret_post` with them.
    DangerGet,
}

/// How identifier and secret are written in HTTP Basic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BasicEncoding {
    /// Form-encoded first (RFC 6749 section 2.3.1).
    #[default]
    FormEncoded,
    /// As they are, which is what many servers take instead. It makes a difference only where there
    /// is something to encode; an identifier with a colon can't be written so.
    Raw,
}

/// The separator between the values of a scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScopeSeparator {
    /// A space (RFC 6749 section 3.3).
    #[default]
    Space,
    /// A comma. In an answer, spaces separate as well.
    Comma,
}

/// The encoding of the body of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerEncoding {
    /// JSON (RFC 6749 section 5.1).
    #[default]
    Json,
    /// JSON or a form. A form is read only where the answer says that it is one, or plain text, or
    /// says nothing.
    JsonOrForm,
}

/// How the members of an answer are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberNames {
    /// As registered: `access_token`.
    #[default]
    Standard,
    /// Also in camel case: `accessToken`.
    CamelCase,
}

/// The meaning of `token_type` in an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenTypeMeaning {
    /// It says how the token is used; `Bearer`, if it is missing.
    #[default]
    AsSaid,
    /// Nothing: the server writes something else there, and means `Bearer`.
    AlwaysBearer,
}
