//! Tokens for an API that says itself where they come from: the user signs in behind a door.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_client::Tokens;
use grantor_core::ClientMetadata;

use crate::bound::judge;
use crate::door::{Body, Call, Door};
use crate::support::World;
use crate::support::web::Web;

struct Scene<D> {
    world: World,
    web: Web,
    door: D,
    signed_in: Arc<AtomicUsize>,
}

impl<D: Door> Scene<D> {
    async fn new() -> Self {
        let world = World::new();
        let server = world.server.clone();
        let web = Web::start(move |seen| judge(&server, seen)).await;
        let signed_in = Arc::new(AtomicUsize::new(0));
        let (server, count) = (world.server.clone(), Arc::clone(&signed_in));
        let builder = Tokens::for_resource(web.url("/mcp"))
            .register_as(ClientMetadata::default())
            .authorize_by("http://127.0.0.1:8000/callback", move |url| {
                count.fetch_add(1, Ordering::Relaxed);
                let redirect = server.approve(&url).to_string();
                async move { Ok(redirect) }
            });
        let tokens = world.thread(builder).build().unwrap();
        let door = D::open(&tokens, &web.url(""));
        Self {
            world,
            web,
            door,
            signed_in,
        }
    }

    /// Posts something, and says how it was answered and how often it was sent.
    async fn post(&self) -> (u16, usize) {
        let before = self.web.requests();
        let call = Call::post(self.web.url("/mcp"), Body::Text("hello"));
        let answer = self.door.send(call).await.unwrap();
        (answer.status, self.web.requests() - before)
    }

    fn signed_in(&self) -> usize {
        self.signed_in.load(Ordering::Relaxed)
    }
}

pub(crate) async fn signs_a_user_in_after_a_401<D: Door>() {
    let scene = Scene::<D>::new().await;
    let first = scene.post().await;
    assert_eq!(first, if D::SENDS_AGAIN { (200, 2) } else { (401, 1) });
    assert_eq!(scene.post().await, (200, 1));
    assert_eq!(scene.signed_in(), 1);
}

pub(crate) async fn signs_a_user_in_for_a_wider_scope<D: Door>() {
    let scene = Scene::<D>::new().await;
    scene.post().await;
    assert_eq!(scene.post().await, (200, 1));
    scene.world.server.set_api_scope("write");
    let wider = scene.post().await;
    assert_eq!(wider, if D::SENDS_AGAIN { (200, 2) } else { (403, 1) });
    assert_eq!(scene.post().await, (200, 1));
    assert_eq!(scene.signed_in(), 2);
}
