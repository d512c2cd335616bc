//! Mounts a server of `grantor-server` in an actix-web application, and protects routes with access tokens.
//!
//! ```no_run
//! # #[cfg(feature = "server")]
//! # async fn run(server: grantor_server::Server) -> Result<(), Box<dyn std::error::Error>> {
//! use actix_web::{App, HttpServer, web};
//! use grantor_actix::{ProtectExt, Refused, ServerExt};
//! use grantor_resource::AccessToken;
//!
//! async fn things(token: web::ReqData<AccessToken>) -> Result<String, Refused> {
//!     token.require_scope("read")?;
//!     Ok(format!("the things of {}", token.subject.as_deref().unwrap_or("nobody")))
//! }
//!
//! let protected = server.protect("https://api.example.com")?;
//! HttpServer::new(move || {
//!     let api = web::scope("/api")
//!         .wrap(protected.clone().middleware())
//!         .route("/things", web::get().to(things));
//!     App::new().service(server.routes()).service(api)
//! })
//! .bind("127.0.0.1:3000")?
//! .run()
//! .await?;
//! # Ok(())
//! # }
//! ```
//!
//! actix-web has the types of an older `http`; what crosses over is copied. A worker of actix-web runs
//! what it serves on its own thread: neither the application's handlers nor its bodies have to be `Send`.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `server` | [`ServerExt`], which mounts a server and protects routes with its tokens |

mod convert;
mod metadata;
mod middleware;
mod protect;
mod refused;
#[cfg(feature = "server")]
mod routes;
#[cfg(feature = "server")]
mod server;

pub use metadata::{MetadataExt, MetadataRoute};
pub use middleware::{ProtectMiddleware, ProtectedService};
pub use protect::ProtectExt;
pub use refused::Refused;
#[cfg(feature = "server")]
pub use routes::Routes;
#[cfg(feature = "server")]
pub use server::ServerExt;
