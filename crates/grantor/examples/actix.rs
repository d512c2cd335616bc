//! A server in an actix-web application, beside an API that takes its tokens.
//!
//! ```sh
//! cargo run -p grantor --all-features --example actix
//! grantor client add app --grant client_credentials --scope read --data .
//! ```

use std::error::Error as StdError;

use actix_web::{App, HttpServer, web};
use grantor::actix::{ProtectExt, Refused, ServerExt};
use grantor::resource::{AccessToken, Protect};
use grantor::server::{self, Server};
use grantor::sqlite::SqliteStore;

async fn things(token: web::ReqData<AccessToken>) -> String {
    let client = token.client_id.as_deref().unwrap_or("nobody");
    format!("the things of {client}")
}

/// Needs more scope than the API around it.
async fn add(token: web::ReqData<AccessToken>) -> Result<&'static str, Refused> {
    token.require_scope("write")?;
    Ok("added")
}

/// The routes of the server, and an API behind its tokens.
pub(crate) fn routes(
    server: &Server,
    protected: &Protect,
) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    let api = web::scope("/api")
        .wrap(protected.clone().middleware())
        .route("/things", web::get().to(things))
        .route("/things", web::post().to(add));
    let server = server.routes();
    |application| {
        application.service(server).service(api);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let store = SqliteStore::open("grantor.db")?;
    let opened = server::open("http://127.0.0.1:3000", store, ".").await?;
    let server = opened.build().await?;
    let protected = server.protect("http://127.0.0.1:3000/api")?.scope("read");
    let application = move || App::new().configure(routes(&server, &protected));
    let listening = HttpServer::new(application).bind("127.0.0.1:3000")?;
    Ok(listening.run().await?)
}
