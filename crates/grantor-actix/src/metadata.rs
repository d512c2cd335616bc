//! The metadata of a resource at its well-known place (RFC 9728 section 3).

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::{HttpRequest, HttpResponse, web};
use grantor_resource::PublishedMetadata;

use crate::convert;

/// [`PublishedMetadata`] for actix-web.
pub trait MetadataExt {
    /// A route with the metadata, for [`App::service`](actix_web::App::service). Its path is absolute, so
    /// it belongs neither in a scope with a path nor behind the middleware that protects the resource.
    fn route(&self) -> MetadataRoute;
}

impl MetadataExt for PublishedMetadata {
    fn route(&self) -> MetadataRoute {
        MetadataRoute(self.clone())
    }
}

/// The route of [`MetadataExt::route`].
#[derive(Debug, Clone)]
pub struct MetadataRoute(PublishedMetadata);

impl HttpServiceFactory for MetadataRoute {
    fn register(self, config: &mut AppService) {
        let Self(metadata) = self;
        let path = metadata.path().to_owned();
        let handler = move |request: HttpRequest| {
            let asked = convert::request(request.head());
            let answer = asked.ok().and_then(|asked| metadata.answer(&asked));
            let answer = answer.map_or_else(|| HttpResponse::NotFound().finish(), convert::answer);
            std::future::ready(answer)
        };
        web::resource(path).to(handler).register(config);
    }
}
