//! A refusal as an error of a handler.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use grantor_resource::Refusal;

use crate::convert;

/// A [`Refusal`] that a handler returns: `token.require_scope("write")?` in a handler whose error is this
/// or [`actix_web::Error`].
#[derive(Debug, Clone)]
pub struct Refused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the access token does not suffice: {}", self.0.status())
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        convert::status(self.0.status())
    }

    fn error_response(&self) -> HttpResponse {
        convert::answer(self.0.clone().into_http())
    }
}
