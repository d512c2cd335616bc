//! The errors that requests of the sessions end with: one enum for each HTTP client.

/// An enum `SendError` around the error of an HTTP client. The conversion from that error is written
/// beside each use, since it removes the URL.
macro_rules! send_error {
    ($(#[$documentation:meta])* $http:ty) => {
        $(#[$documentation])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum SendError {
            /// There is no token, or the request can't carry one.
            Token($crate::error::Error),
            /// The request can't be built, it got no answer, or its answer can't be read.
            Request($http),
            /// The API redirects more than ten times.
            TooManyRedirects,
            /// There is no URL to send to: the path can't be joined to the base URL of the session, or
            /// names nothing that HTTP can send to. This is why.
            InvalidUrl(String),
        }

        impl std::fmt::Display for SendError {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Self::Token(error) => error.fmt(f),
                    Self::Request(error) => error.fmt(f),
                    Self::TooManyRedirects => {
                        f.write_str($crate::doors::failure::RequestFailure::TOO_MANY_REDIRECTS)
                    }
                    Self::InvalidUrl(why) => f.write_str(why),
                }
            }
        }

        impl std::error::Error for SendError {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                match self {
                    Self::Token(error) => Some(error),
                    Self::Request(error) => Some(error),
                    Self::TooManyRedirects | Self::InvalidUrl(_) => None,
                }
            }
        }

        impl From<$crate::doors::failure::RequestFailure> for SendError {
            fn from(failure: $crate::doors::failure::RequestFailure) -> Self {
                use $crate::doors::failure::RequestFailure;
                match failure {
                    RequestFailure::TooManyRedirects => Self::TooManyRedirects,
                    RequestFailure::InvalidUrl(why) => Self::InvalidUrl(why),
                }
            }
        }

        impl From<$crate::error::Error> for SendError {
            fn from(error: $crate::error::Error) -> Self {
                Self::Token(error)
            }
        }
    };
}

pub(crate) use send_error;
