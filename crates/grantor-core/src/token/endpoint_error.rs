//! Errors of endpoints that fail in the ways of the token endpoint.

/// A type around [`TokenError`](super::TokenError), whose message names the endpoint.
macro_rules! endpoint_error {
    ($(#[$documentation:meta])* $name:ident, $endpoint:literal) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name($crate::token::TokenError);

        impl $name {
            /// Returns the answer of the endpoint, which fails in the ways of a token endpoint.
            #[must_use]
            pub fn answer(&self) -> &$crate::token::TokenError {
                &self.0
            }

            /// Returns whether the same request may succeed later.
            #[must_use]
            pub fn is_transient(&self) -> bool {
                self.0.is_transient()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use $crate::token::TokenError;
                match &self.0 {
                    TokenError::Refused { error, .. } => {
                        write!(f, concat!("the ", $endpoint, " endpoint refused: {}"), error)
                    }
                    TokenError::Unexpected { status, reason, .. } => {
                        let status = status.as_u16();
                        write!(
                            f,
                            concat!("the ", $endpoint, " endpoint answered {} and {}"),
                            status, reason
                        )
                    }
                }
            }
        }

        impl std::error::Error for $name {}
    };
}

pub(crate) use endpoint_error;
