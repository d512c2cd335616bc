//! Every way of OpenID Connect that the client has, at a provider where clients register themselves and whose
//! user agrees to everything at once. It prints a line for each.
//!
//! ```console
//! $ ISSUER=http://127.0.0.1:8787 LOGIN_NAME=alice NOTIFICATIONS=http://127.0.0.1:9999 \
//!     cargo run --example relying_party
//! ```

mod answers;
mod browser;
mod clients;
mod devices;
mod notifications;
mod requests;
mod scene;
mod user;

use std::error::Error;

use scene::Scene;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Runs steps in their order, and returns how many failed.
macro_rules! steps {
    ($scene:expr, $($name:literal => $step:path,)*) => {{
        let mut failed = 0;
        $(
            match $step($scene).await {
                Ok(()) => println!("ok {}", $name),
                Err(error) => {
                    println!("FAILED {}: {error}", $name);
                    failed += 1;
                }
            }
        )*
        failed
    }};
}

#[tokio::main]
async fn main() -> Outcome {
    let scene = &Scene::from_environment().await?;
    let failed = steps!(scene,
        "registration, read, changed and ended" => clients::registration,
        "code with PKCE, UserInfo, refresh" => clients::code,
        "private_key_jwt" => clients::private_key_jwt,
        "client_secret_jwt" => clients::client_secret_jwt,
        "introspection and revocation" => clients::introspection_and_revocation,
        "hybrid: code id_token, code token, code id_token token" => answers::hybrid,
        "implicit: id_token, id_token token" => answers::implicit,
        "form_post" => answers::form_post,
        "JARM: query.jwt, fragment.jwt, form_post.jwt, errors" => answers::jarm,
        "JARM, encrypted" => answers::jarm_encrypted,
        "PAR" => requests::pushed,
        "JAR by ES256, PS256, RS256 and EdDSA, pushed too" => requests::signed,
        "JAR, encrypted" => requests::encrypted,
        "DPoP with nonces of the token and the UserInfo endpoint" => requests::dpop,
        "device: allowed, and refused by its user" => devices::device,
        "CIBA: poll, and a signed request" => devices::ciba_poll,
        "CIBA: ping" => devices::ciba_ping,
        "encrypted ID tokens" => user::encrypted_id_token,
        "UserInfo, signed and encrypted" => user::signed_user_info,
        "logout" => user::logout,
    );
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} steps failed").into()),
    }
}
