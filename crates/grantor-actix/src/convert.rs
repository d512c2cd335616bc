//! Requests and answers between the two generations of `http`.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use bytes::Bytes;
use http::{Request, Response};

/// The head of a request, with the whole path that the client sent.
///
/// # Errors
/// The newer `http` does not take what the older took.
pub(crate) fn request(head: &RequestHead) -> Result<Request<()>, http::Error> {
    let request = Request::builder()
        .method(head.method.as_str())
        .uri(head.uri.to_string());
    let headers = head.headers.iter();
    let request = headers.fold(request, |request, (name, value)| {
        request.header(name.as_str(), value.as_bytes())
    });
    request.body(())
}

/// An answer with its headers in their order, several of one name among them.
pub(crate) fn answer(answer: Response<Bytes>) -> HttpResponse {
    let (head, body) = answer.into_parts();
    let mut response = HttpResponse::build(status(head.status));
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}

pub(crate) fn status(status: http::StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
