//! Tokens that are bound to a key: the API verifies the proof of each request, with nonces of its own.

use std::sync::Arc;

use grantor_client::Dpop;
use grantor_testkit::{Endpoint, FakeServer};
use http::Request;

use crate::door::{Body, Call, Door};
use crate::support::World;
use crate::support::web::{self, Web};

struct Scene<D> {
    world: World,
    web: Web,
    door: Arc<D>,
}

/// Asks the server's API about a request as it arrived; at `/near` it redirects.
pub(crate) fn judge(server: &FakeServer, seen: &str) -> web::Answer {
    let (head, _) = seen.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    if target.starts_with("/near") {
        return web::Answer::redirect(302, "/here");
    }
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
    let host = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let uri = format!("http://{}{target}", host.unwrap().1);
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = server.api(&request.body(()).unwrap());
    web::Answer::headers(answer.status().as_u16(), answer.headers())
}

impl<D: Door> Scene<D> {
    async fn new() -> Self {
        let world = World::new();
        let server = world.server.clone();
        let web = Web::start(move |seen| judge(&server, seen)).await;
        let builder = world.thread(world.client()).dpop(Dpop::generated());
        let tokens = builder.build().unwrap().with_origin(&web.url("")).unwrap();
        let door = Arc::new(D::open(&tokens, &web.url("")));
        world.server.require_dpop();
        Self { world, web, door }
    }

    async fn status(&self, call: Call) -> u16 {
        self.door.send(call).await.unwrap().status
    }

    fn get(&self, path: &str) -> Call {
        Call::get(self.web.url(path))
    }
}

pub(crate) async fn proves_every_request<D: Door>() {
    let scene = Scene::<D>::new().await;
    for path in ["/", "/a?b=c", "/%E5%95%A6"] {
        assert_eq!(scene.status(scene.get(path)).await, 200, "{path}");
    }
    let post = Call::post(scene.web.url("/"), Body::Text("hello"));
    assert_eq!(scene.status(post).await, 200);
    assert_eq!(scene.web.requests(), 4);
}

pub(crate) async fn takes_the_nonce_of_an_api<D: Door>() {
    let scene = Scene::<D>::new().await;
    scene.world.server.require_dpop_nonces();
    let post = || Call::post(scene.web.url("/"), Body::Text("hello"));
    let first = scene.status(post()).await;
    assert_eq!(first, if D::SENDS_AGAIN { 200 } else { 401 });
    let sent = scene.web.requests();
    assert_eq!(scene.status(post()).await, 200);
    assert_eq!(scene.web.requests(), sent + 1, "it is known");
}

pub(crate) async fn renews_a_rejected_token_under_the_same_key<D: Door>() {
    let scene = Scene::<D>::new().await;
    assert_eq!(scene.status(scene.get("/")).await, 200);
    let key = scene.world.server.dpop_thumbprint("access-1").unwrap();
    scene.world.server.revoke_access_tokens();
    let again = scene.status(scene.get("/")).await;
    assert_eq!(again, if D::SENDS_AGAIN { 200 } else { 401 });
    assert_eq!(scene.status(scene.get("/")).await, 200);
    assert_eq!(scene.world.server.dpop_thumbprint("access-2").unwrap(), key);
}

pub(crate) async fn proves_redirects_within_the_origin_anew<D: Door>() {
    let scene = Scene::<D>::new().await;
    let status = scene.status(scene.get("/near")).await;
    if D::PREPARES_REDIRECTS {
        assert_eq!(status, 200);
        let calls = scene.world.server.requests(Endpoint::Api);
        assert_eq!(calls[0].request().uri().path(), "/here");
    } else if !D::FOLLOWS_REDIRECTS {
        assert_eq!(status, 302);
    }
}
