use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_core::{BoxFuture, token_type};
use grantor_server::grant_type::{
    ExchangeDecision, ExchangePolicy, ExchangeRequest, TokenExchange,
};
use grantor_server::{AccessTokens, Config, Error, NewClient};
use grantor_store::MemoryStore;

use super::{Fixture, Reply, Who};

/// A service that exchanges the tokens it is called with.
pub(crate) const GATEWAY: Who = Who {
    id: "gateway",
    secret: Some("the secret of gateway"),
    redirect_uri: "",
};
/// Another one behind it.
pub(crate) const BACKEND: Who = Who {
    id: "backend",
    secret: Some("the secret of backend"),
    redirect_uri: "",
};

type Decide = fn(&ExchangeRequest<'_>) -> ExchangeDecision;

/// Decides as it was told, and counts how often it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Puppet {
    decide: Decide,
    asked: Arc<AtomicUsize>,
}

impl Puppet {
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl ExchangePolicy for Puppet {
    fn decide<'a>(
        &'a self,
        request: &'a ExchangeRequest<'a>,
    ) -> BoxFuture<'a, Result<ExchangeDecision, Error>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(Ok((self.decide)(request))))
    }
}

impl Fixture {
    pub(crate) async fn with_exchange(kind: AccessTokens, decide: Decide) -> (Self, Puppet) {
        Self::with_exchange_and(decide, |config| config.access_tokens = kind).await
    }

    pub(crate) async fn with_exchange_and(
        decide: Decide,
        configure: impl FnOnce(&mut Config),
    ) -> (Self, Puppet) {
        let puppet = Puppet {
            decide,
            asked: Arc::default(),
        };
        let policy = puppet.clone();
        let fixture = Self::on(Arc::new(MemoryStore::new()), |builder| {
            builder
                .grant_type(TokenExchange::new(policy))
                .configure(configure)
        });
        let fixture = fixture.await;
        for who in [GATEWAY, BACKEND] {
            let service = NewClient::confidential(who.id)
                .with_grant_types([TokenExchange::NAME, "client_credentials"])
                .with_scope("read write".parse().unwrap())
                .with_secret(who.secret.unwrap());
            fixture.clients.add(service).await.unwrap();
        }
        (fixture, puppet)
    }

    pub(crate) async fn exchange(&self, who: Who, token: &str, more: &[(&str, &str)]) -> Reply {
        let ask = [
            ("grant_type", TokenExchange::NAME),
            ("subject_token", token),
            ("subject_token_type", token_type::ACCESS_TOKEN),
        ];
        self.token(who, &[&ask[..], more].concat()).await
    }

    /// A token of a client itself.
    pub(crate) async fn own_token(&self, who: Who) -> String {
        let ask = [("grant_type", "client_credentials")];
        self.token(who, &ask).await.member("access_token")
    }
}
