//! The endpoints: what the server answers when nothing goes wrong.

mod api;
mod authorization;
mod authorization_response;
mod metadata;
mod pushed_authorization;
mod registration;
mod resource_metadata;
mod token;
mod tokens;

use bytes::Bytes;
use grantor_core::{ErrorCode, ErrorResponse, Params};
use http::{Response, StatusCode};

pub(super) use api::{api, api_refusal};
pub(super) use authorization::{approve, deny};
pub(super) use metadata::metadata;
pub(super) use resource_metadata::WELL_KNOWN;
pub(super) use token::TokenShape;

use super::{Endpoint, FakeServer, RecordedRequest, answer, clients, grants, oauth1, openid};

/// Returns the server's answer without a fault.
pub(super) fn answer(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    match request.endpoint() {
        Endpoint::Metadata => metadata::answer(&server.issuer, &server.lock()),
        Endpoint::Authorization => authorization::answer(server, request),
        Endpoint::KeySet => openid::key_set(&mut server.lock()),
        Endpoint::UserInfo => openid::user_info(server, request),
        Endpoint::Api => api(server, request),
        Endpoint::Other => answer::empty(StatusCode::NOT_FOUND),
        Endpoint::Registration => registration::answer(server, request),
        Endpoint::ResourceMetadata => resource_metadata::answer(server, request),
        Endpoint::TemporaryCredentials => oauth1::temporary_credentials(server, request),
        Endpoint::OAuth1Authorization => oauth1::authorization(server, request),
        Endpoint::TokenCredentials => oauth1::token_credentials(server, request),
        Endpoint::Token
        | Endpoint::PushedAuthorization
        | Endpoint::DeviceAuthorization
        | Endpoint::BackchannelAuthentication
        | Endpoint::Introspection
        | Endpoint::Revocation => match check(server, request) {
            Ok(()) => of_client(server, request),
            Err(refused) => answer::refusal(&refused),
        },
    }
}

fn check(server: &FakeServer, request: &RecordedRequest) -> Result<(), ErrorResponse> {
    Params::parse(request.form())
        .map_err(|error| ErrorResponse::new(ErrorCode::InvalidRequest, error.to_string()))?;
    clients::authenticate(&server.lock(), request)
}

fn of_client(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    match request.endpoint() {
        Endpoint::DeviceAuthorization => {
            let body = grants::begin_device(&server.issuer, &mut server.lock(), request);
            answer::json(200, &body)
        }
        Endpoint::BackchannelAuthentication => {
            let begun = grants::begin_backchannel(&server.issuer, &mut server.lock(), request);
            match begun {
                Ok(body) => answer::json(200, &body),
                Err(refused) => answer::refusal(&refused),
            }
        }
        Endpoint::PushedAuthorization => pushed_authorization::answer(server, request),
        Endpoint::Introspection => tokens::introspect(&server.issuer, &mut server.lock(), request),
        Endpoint::Revocation => tokens::revoke(&mut server.lock(), request),
        _ => token::answer(server, request),
    }
}
