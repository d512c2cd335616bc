//! Requests to the introspection endpoint and to the revocation endpoint as they are sent.

use bytes::Bytes;
use http::Request;
use url::Url;

use crate::client_authentication::ClientAuthentication;
use crate::params::Params;
use crate::quirks::Quirks;
use crate::token::to_request;

pub(crate) fn request(
    endpoint: &Url,
    params: Params<'static>,
    client: &ClientAuthentication,
    quirks: &Quirks,
) -> Request<Bytes> {
    let quirks = Quirks {
        basic: quirks.basic,
        ..Quirks::NONE
    };
    to_request(endpoint, params, client, &quirks)
}
