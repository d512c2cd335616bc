//! The operations: each is done at the server and at the model, and their answers are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use grantor_jose::{Algorithm, base64url};
use grantor_server::grant_type::{ExchangeDecision, ExchangeRequest, TokenExchange};
use grantor_server::{AccessTokens, NewClient, Target};

use super::random::Random;
use super::reference::{ACCESS, CODE, Expected, GRACE, Model, Origin, REFRESH};
use crate::support::{
    API, APP, Ask, BACKEND, Browser, Code, Fixture, MACHINE, OTHER, PASSWORD, Reply, SPA, Tokens,
    Who, with_codes,
};

const CLIENTS: [Who; 3] = [APP, OTHER, SPA];
const USERS: [&str; 2] = ["alice", "bob"];

/// The longest chain of exchanges.
const MOST_EXCHANGES: usize = 4;

/// A server, its users at their browsers, and the model.
pub(super) struct World {
    fixture: Fixture,
    model: Model,
    random: Random,
    /// The cookies of each user's browser.
    cookies: Vec<BTreeMap<String, String>>,
    sessions: Vec<String>,
    subjects: Vec<String>,
}

impl World {
    pub(super) async fn new(mut random: Random) -> Self {
        let kind = random.one_of(&[AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)]);
        let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
        let allow = |asked: &ExchangeRequest<'_>| ExchangeDecision::Allow(asked.requested());
        let fixture = Fixture::with_exchange_and(allow, |config| {
            config.access_tokens = kind;
            config.access_token_lifetime = seconds(ACCESS);
            config.refresh_token_lifetime = seconds(REFRESH);
            config.code_lifetime = seconds(CODE);
            config.refresh_grace = seconds(GRACE);
        });
        let (fixture, _) = fixture.await;
        fixture.accounts.add("bob", &PASSWORD.into()).await.unwrap();
        let accounts = fixture.accounts.list().await.unwrap().unwrap();
        let subject = |name: &&str| {
            let account = accounts.iter().find(|account| account.name == **name);
            account.unwrap().subject.clone()
        };
        let now = fixture.now();
        Self {
            subjects: USERS.iter().map(subject).collect(),
            model: Model::at(now),
            cookies: vec![BTreeMap::new(); USERS.len()],
            sessions: vec![String::new(); USERS.len()],
            fixture,
            random,
        }
    }

    /// Does one operation, which is noted before.
    pub(super) async fn step(&mut self, journal: &mut Vec<String>) {
        match self.random.below(50) {
            0..=6 => self.authorize(journal).await,
            7..=13 => self.redeem(journal).await,
            14..=29 => self.refresh(journal).await,
            30..=31 => self.client_credentials(journal).await,
            32..=35 => self.exchange(journal).await,
            36..=37 => self.revoke_access_token(journal).await,
            38 => self.revoke_refresh_token(journal).await,
            39 => self.remove_client(journal).await,
            40 => self.sign_out(journal).await,
            41 => self.revoke_consent(journal).await,
            42 => self.revoke_user(journal).await,
            _ => self.wait(journal),
        }
    }

    async fn authorize(&mut self, journal: &mut Vec<String>) {
        let who = self.random.one_of(&CLIENTS);
        let user = self.random.below(USERS.len());
        let scope = self.random.one_of(&["read", "read write"]);
        let button = if self.random.one_in(6) {
            "deny"
        } else {
            "allow"
        };
        journal.push(format!(
            "{} asks {} for {scope}: {button}",
            who.id, USERS[user]
        ));
        let ask = Ask::new(who).with("scope", scope);
        let before = self.session_ids().await;
        let mut browser = Browser::new(&self.fixture);
        browser.cookies = std::mem::take(&mut self.cookies[user]);
        let mut page = browser.open(&ask.url()).await;
        let mut signed_in = false;
        if page.status == 200 && page.text().contains("name=\"password\"") {
            let fill = [("username", USERS[user]), ("password", PASSWORD)];
            page = browser.press(&page, &fill, None).await;
            signed_in = true;
        }
        // A consent that is remembered is not asked for.
        let asked = page.status == 200;
        if asked {
            page = browser.press(&page, &[], Some(button)).await;
        }
        self.cookies[user] = browser.cookies;
        if signed_in {
            let after = self.session_ids().await;
            let mut new = after.difference(&before);
            self.sessions[user] = new.next().unwrap().clone();
        }
        if asked && button == "deny" {
            page.assert_redirected_error(who.redirect_uri, "access_denied");
            return;
        }
        let code = page.code(who.redirect_uri);
        let verifier = ask.verifier.expose().to_owned();
        let (user, session) = (&self.subjects[user], &self.sessions[user]);
        let public = who.secret.is_none();
        self.model
            .allow(who.id, public, user, session, (code, verifier));
    }

    async fn session_ids(&self) -> BTreeSet<String> {
        let records = self.fixture.records(*b"se").await;
        let ids = records.iter();
        ids.map(|(key, _)| base64url::encode(&key.as_bytes()[10..]))
            .collect()
    }

    async fn redeem(&mut self, journal: &mut Vec<String>) {
        if self.model.grants.is_empty() {
            return;
        }
        let mut id = self.random.place(self.model.grants.len());
        // A replay ends its grant, so most codes are new.
        if !self.random.one_in(6) {
            id = self.model.new_code().unwrap_or(id);
        }
        let who = self.client_or_another(id);
        let own = self.model.grants[id].verifier.clone();
        let guessed = Ask::new(who).verifier.expose().to_owned();
        let verifier = if self.random.one_in(8) { guessed } else { own };
        journal.push(format!("{} redeems the code of grant {id}", who.id));
        let code = Code {
            code: self.model.grants[id].code.clone(),
            verifier: verifier.clone(),
            // The one that was asked with, whoever redeems.
            redirect_uri: self.owner(id).redirect_uri.to_owned(),
        };
        let reply = self.fixture.redeem(who, &code).await;
        let expected = self.model.redeem(id, who.id, &verifier);
        self.compare(id, &reply, expected);
    }

    async fn refresh(&mut self, journal: &mut Vec<String>) {
        let Some((id, which)) = self.some_refresh_token() else {
            return;
        };
        let who = self.client_or_another(id);
        let text = self.model.grants[id].refresh[which].text.clone();
        journal.push(format!(
            "{} refreshes grant {id} with its token {which}",
            who.id
        ));
        let reply = self.fixture.refresh(who, &text).await;
        let expected = self.model.refresh(id, which, who.id);
        self.compare(id, &reply, expected);
    }

    /// A refused request is `invalid_grant`, and one that is not has the tokens that the model expects.
    fn compare(&mut self, id: usize, reply: &Reply, expected: Expected) {
        if expected == Expected::Refused {
            reply.assert_error(400, "invalid_grant");
            return;
        }
        let tokens = Tokens::of(reply);
        let current = self.model.grants[id].refresh.last();
        let is_same = current.is_some_and(|current| current.text == tokens.refresh);
        assert_eq!(is_same, expected == Expected::Same, "grant {id}: {reply:?}");
        self.model.granted(id, tokens.access, &tokens.refresh);
    }

    async fn client_credentials(&mut self, journal: &mut Vec<String>) {
        journal.push("the machine asks for itself".to_owned());
        let text = self.fixture.own_token(MACHINE).await;
        let removals = self.model.removals(MACHINE.id);
        self.model
            .issued(text, MACHINE.id, ACCESS, Origin::Client { removals });
    }

    async fn exchange(&mut self, journal: &mut Vec<String>) {
        let Some(parent) = self.some_access_token() else {
            return;
        };
        journal.push(format!("the backend exchanges token {parent}"));
        let text = self.model.tokens[parent].text.clone();
        let reply = self.fixture.exchange(BACKEND, &text, &[]).await;
        let is_deep = self.model.depth(parent) + 1 > MOST_EXCHANGES;
        if is_deep || !self.model.is_valid(parent) {
            reply.assert_error(400, "invalid_request");
            return;
        }
        let lifetime = ACCESS.min(self.model.left(parent));
        let removals = self.model.removals(BACKEND.id);
        let origin = Origin::Token { parent, removals };
        let text = reply.assert_ok().member("access_token");
        self.model.issued(text, BACKEND.id, lifetime, origin);
    }

    async fn revoke_access_token(&mut self, journal: &mut Vec<String>) {
        let Some(id) = self.some_access_token() else {
            return;
        };
        let owner = self.model.tokens[id].client.clone();
        let all = [APP, OTHER, SPA, MACHINE, BACKEND];
        let own = all.into_iter().find(|who| who.id == owner).unwrap();
        let who = if self.random.one_in(3) {
            self.random.one_of(&all)
        } else {
            own
        };
        journal.push(format!("{} revokes token {id} of {owner}", who.id));
        let text = self.model.tokens[id].text.clone();
        let reply = self.fixture.revoke(who, &text).await;
        assert!(!reply.status.is_server_error(), "{reply:?}");
        self.model.revoke_access_token(id, who.id);
    }

    async fn revoke_refresh_token(&mut self, journal: &mut Vec<String>) {
        let Some((id, which)) = self.some_refresh_token() else {
            return;
        };
        let who = self.client_or_another(id);
        journal.push(format!(
            "{} revokes refresh token {which} of grant {id}",
            who.id
        ));
        let text = self.model.grants[id].refresh[which].text.clone();
        let reply = self.fixture.revoke(who, &text).await;
        assert!(!reply.status.is_server_error(), "{reply:?}");
        self.model.revoke_refresh_token(id, which, who.id);
    }

    /// Another client has the same identifier and secret afterwards.
    async fn remove_client(&mut self, journal: &mut Vec<String>) {
        let who = self.random.one_of(&[APP, OTHER, SPA, MACHINE, BACKEND]);
        journal.push(format!("{} is removed and added anew", who.id));
        let clients = self.fixture.server.clients().unwrap();
        assert!(clients.remove(who.id).await.unwrap());
        clients.add(client(who)).await.unwrap();
        self.model.remove_client(who.id);
    }

    async fn sign_out(&mut self, journal: &mut Vec<String>) {
        let user = self.random.below(USERS.len());
        let session = self.sessions[user].clone();
        if session.is_empty() {
            return;
        }
        journal.push(format!("{} signs out", USERS[user]));
        let target = Target::Session(session.clone());
        self.fixture.server.revoke(&target).await.unwrap();
        self.model.end_session(&session);
    }

    async fn revoke_consent(&mut self, journal: &mut Vec<String>) {
        let who = self.random.one_of(&CLIENTS);
        let user = self.random.below(USERS.len());
        journal.push(format!("{} takes back what {} may", USERS[user], who.id));
        let subject = self.subjects[user].clone();
        self.model.end_consent(&subject, Some(who.id));
        let target = Target::Consent {
            subject,
            client_id: who.id.to_owned(),
        };
        self.fixture.server.revoke(&target).await.unwrap();
    }

    async fn revoke_user(&mut self, journal: &mut Vec<String>) {
        let user = self.random.below(USERS.len());
        journal.push(format!("everything of {} is revoked", USERS[user]));
        let subject = self.subjects[user].clone();
        self.model.end_consent(&subject, None);
        self.model.end_session(&self.sessions[user]);
        let target = Target::Subject(subject);
        self.fixture.server.revoke(&target).await.unwrap();
    }

    fn wait(&mut self, journal: &mut Vec<String>) {
        let seconds = self.random.one_of(&[
            1,
            5,
            GRACE - 1,
            GRACE,
            CODE + 1,
            ACCESS - 1,
            ACCESS,
            REFRESH / 10,
            REFRESH,
        ]);
        journal.push(format!("{seconds} seconds go by"));
        self.fixture.clock.advance(u64::try_from(seconds).unwrap());
        self.model.now += seconds;
    }

    /// Compares a few tokens. How many the model calls valid and invalid.
    pub(super) async fn look_at_some(&mut self) -> (usize, usize) {
        let mut seen = (0, 0);
        for _ in 0..3 {
            if let Some(id) = self.some_access_token() {
                match self.look_at_access_token(id).await {
                    true => seen.0 += 1,
                    false => seen.1 += 1,
                }
            }
        }
        if let Some((id, which)) = self.some_refresh_token() {
            self.look_at_refresh_token(id, which).await;
        }
        seen
    }

    pub(super) async fn look_at_all(&self) {
        for id in 0..self.model.tokens.len() {
            self.look_at_access_token(id).await;
        }
        for (id, grant) in self.model.grants.iter().enumerate() {
            for which in 0..grant.refresh.len() {
                self.look_at_refresh_token(id, which).await;
            }
        }
    }

    async fn look_at_access_token(&self, id: usize) -> bool {
        let text = &self.model.tokens[id].text;
        let valid = self.model.is_valid(id);
        assert_eq!(self.fixture.is_active(text).await, valid, "token {id}");
        let seen = self.fixture.introspect(API, text).await;
        assert_eq!(seen["active"], valid, "token {id}");
        valid
    }

    async fn look_at_refresh_token(&self, id: usize, which: usize) {
        let who = self.owner(id);
        // Nobody introspects for a public client.
        if who.secret.is_some() {
            let valid = self.model.is_refresh_token_valid(id, which);
            let text = &self.model.grants[id].refresh[which].text;
            let seen = self.fixture.introspect(who, text).await;
            assert_eq!(seen["active"], valid, "refresh token {which} of grant {id}");
        }
    }

    fn some_access_token(&mut self) -> Option<usize> {
        let count = self.model.tokens.len();
        (count > 0).then(|| self.random.place(count))
    }

    fn some_refresh_token(&mut self) -> Option<(usize, usize)> {
        let grants = self.model.grants.iter().enumerate();
        let redeemed = grants.filter(|(_, grant)| !grant.refresh.is_empty());
        let redeemed: Vec<usize> = redeemed.map(|(id, _)| id).collect();
        if redeemed.is_empty() {
            return None;
        }
        // Of two the one that was rotated more often, or no chain would become long.
        let two = [(); 2].map(|()| redeemed[self.random.place(redeemed.len())]);
        let length = |id: &usize| self.model.grants[*id].refresh.len();
        let id = two.into_iter().max_by_key(length).unwrap();
        let last = length(&id) - 1;
        let back = self.random.one_of(&[0, 0, 0, 1, 1, 2]);
        Some((id, last.saturating_sub(back)))
    }

    fn owner(&self, id: usize) -> Who {
        let client = &self.model.grants[id].client;
        CLIENTS.into_iter().find(|who| who.id == client).unwrap()
    }

    /// The client of a grant, or now and then another.
    fn client_or_another(&mut self, id: usize) -> Who {
        match self.random.one_in(8) {
            true => self.random.one_of(&CLIENTS),
            false => self.owner(id),
        }
    }
}

/// A client as the fixture registers it.
fn client(who: Who) -> NewClient {
    let grant_types = match who.id {
        id if id == MACHINE.id => vec!["client_credentials"],
        id if id == BACKEND.id => vec![TokenExchange::NAME, "client_credentials"],
        _ => return with_codes(who),
    };
    NewClient::confidential(who.id)
        .with_grant_types(grant_types)
        .with_scope("read write".parse().unwrap())
        .with_secret(who.secret.unwrap())
}
