//! The memory that a request takes while it is answered.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tower_service::Service as _;

use crate::support::Fixture;

/// The longest block that a thread of glibc has in its own cache: longer ones take several times as
/// many instructions.
const LONGEST_CACHED: usize = 1_032;

#[tokio::test]
async fn the_future_of_a_request_fits_the_cache_of_the_allocator() {
    let mut server = Fixture::new().await.server;
    let request = Request::post("/token").body(Full::new(Bytes::new()));
    let future = server.call(request.unwrap());
    let size = size_of_val(&*future);
    assert!(size <= LONGEST_CACHED, "{size} bytes");
}
