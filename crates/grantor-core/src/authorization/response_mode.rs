//! The parameter `response_mode`.

use std::fmt;

use super::ResponseType;
use crate::params::Params;
use crate::redirect_uri::RedirectUri;

/// How the answer travels to the redirect URI (OAuth 2.0 Multiple Response Types, Form Post Response
/// Mode, JARM).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseMode {
    /// In the query.
    Query,
    /// In the fragment, which stays in the browser.
    Fragment,
    /// In the body of a form that the browser posts.
    FormPost,
    /// As a JWT, in the place that the response type has by default.
    Jwt,
    /// As a JWT in the query.
    QueryJwt,
    /// As a JWT in the fragment.
    FragmentJwt,
    /// As a JWT in the body of a form.
    FormPostJwt,
    /// One that is not known here.
    Other(String),
}

/// An answer on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// The browser is redirected to this URI.
    Redirect(String),
    /// The browser posts a form with these inputs to the redirect URI.
    FormPost {
        /// The redirect URI.
        action: String,
        /// The hidden inputs.
        inputs: Params<'static>,
    },
}

impl ResponseMode {
    /// Reads the parameter.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "query" => Self::Query,
            "fragment" => Self::Fragment,
            "form_post" => Self::FormPost,
            "jwt" => Self::Jwt,
            "query.jwt" => Self::QueryJwt,
            "fragment.jwt" => Self::FragmentJwt,
            "form_post.jwt" => Self::FormPostJwt,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The mode of an answer that was asked for without one.
    #[must_use]
    pub fn default_for(response_type: &ResponseType) -> Self {
        match response_type.has_token() {
            true => Self::Fragment,
            false => Self::Query,
        }
    }

    /// The mode with the default of `jwt` filled in.
    #[must_use]
    pub fn resolved_for(self, response_type: &ResponseType) -> Self {
        match self {
            Self::Jwt if response_type.has_token() => Self::FragmentJwt,
            Self::Jwt => Self::QueryJwt,
            other => other,
        }
    }

    /// Returns whether an answer of this type may travel this way: a token never in a query, where
    /// logs and the next page see it. JARM allows it in an encrypted JWT only, which is not judged
    /// here.
    #[must_use]
    pub fn is_allowed_for(&self, response_type: &ResponseType) -> bool {
        match self {
            Self::Query | Self::QueryJwt => !response_type.has_token(),
            Self::Other(_) => false,
            _ => true,
        }
    }

    /// Returns whether the answer is wrapped in a JWT, as the parameter `response`, before it is
    /// encoded.
    #[must_use]
    pub fn is_jwt(&self) -> bool {
        matches!(
            self,
            Self::Jwt | Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt
        )
    }

    /// The answer as this mode sends it to `redirect_uri`. One that is not known, or not resolved,
    /// sends it in the fragment, which fewest see.
    #[must_use]
    pub fn encode(&self, redirect_uri: &str, answer: Params<'static>) -> Delivery {
        match self {
            Self::Query | Self::QueryJwt => {
                Delivery::Redirect(RedirectUri::with_query(redirect_uri, &answer))
            }
            Self::FormPost | Self::FormPostJwt => Delivery::FormPost {
                action: redirect_uri.to_owned(),
                inputs: answer,
            },
            Self::Fragment | Self::FragmentJwt | Self::Jwt | Self::Other(_) => {
                Delivery::Redirect(format!("{redirect_uri}#{}", answer.to_form()))
            }
        }
    }
}

impl fmt::Display for ResponseMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
            Self::Jwt => "jwt",
            Self::QueryJwt => "query.jwt",
            Self::FragmentJwt => "fragment.jwt",
            Self::FormPostJwt => "form_post.jwt",
            Self::Other(name) => name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [&str; 8] = [
        "query",
        "fragment",
        "form_post",
        "jwt",
        "query.jwt",
        "fragment.jwt",
        "form_post.jwt",
        "web_message",
    ];

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in MODES {
            assert_eq!(ResponseMode::parse(name).to_string(), name);
            assert_eq!(ResponseMode::parse(name).is_jwt(), name.ends_with("jwt"));
        }
    }

    #[test]
    fn a_token_never_travels_in_a_query() {
        let (code, hybrid) = (ResponseType::code(), ResponseType::parse("code token"));
        assert_eq!(ResponseMode::default_for(&code), ResponseMode::Query);
        assert_eq!(ResponseMode::default_for(&hybrid), ResponseMode::Fragment);
        let jwt = |response_type| ResponseMode::Jwt.resolved_for(response_type);
        assert_eq!(jwt(&code), ResponseMode::QueryJwt);
        assert_eq!(jwt(&hybrid), ResponseMode::FragmentJwt);
        for mode in MODES.map(ResponseMode::parse) {
            let in_query = matches!(mode, ResponseMode::Query | ResponseMode::QueryJwt);
            let known = !matches!(mode, ResponseMode::Other(_));
            assert_eq!(mode.is_allowed_for(&hybrid), known && !in_query, "{mode}");
            assert_eq!(mode.is_allowed_for(&code), known, "{mode}");
        }
    }

    #[test]
    fn every_mode_sends_the_answer_its_way() {
        let mut answer = Params::new();
        answer.push("code", "a b");
        let encode = |mode: &str| {
            ResponseMode::parse(mode).encode("https://a.example/cb?x=1", answer.clone())
        };
        let redirect = |uri: &str| Delivery::Redirect(uri.to_owned());
        assert_eq!(
            encode("query"),
            redirect("https://a.example/cb?x=1&code=a+b")
        );
        assert_eq!(
            encode("fragment"),
            redirect("https://a.example/cb?x=1#code=a+b")
        );
        let posted = Delivery::FormPost {
            action: "https://a.example/cb?x=1".to_owned(),
            inputs: answer.clone(),
        };
        assert_eq!(encode("form_post"), posted);
        for mode in ["query", "fragment", "form_post"] {
            assert_eq!(encode(&format!("{mode}.jwt")), encode(mode));
        }
        assert_eq!(encode("web_message"), encode("fragment"));
    }
}
