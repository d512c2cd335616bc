//! A user at a browser whose requests may get no answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use grantor_core::CodeVerifier;
use url::Url;

use super::servers::{PASSWORD, PUBLIC_CLIENT, USER};
use crate::web::{Answer, REDIRECT_URI, VERIFIER, hidden, to_form, try_get, try_post};

/// A browser of somebody who is signed in.
pub(super) struct Person {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Person {
    /// Signs in.
    pub(super) fn sign_in(address: SocketAddr) -> Self {
        let mut person = Self {
            address,
            cookies: BTreeMap::new(),
        };
        let page = person.open().unwrap();
        let login = [("username", USER), ("password", PASSWORD)];
        let answer = person.send(&page, &login).unwrap();
        assert_eq!(answer.status, 303, "{answer:?}");
        person
    }

    /// Allows the client once more. The code; none if a server did not answer.
    pub(super) fn code(&mut self) -> Option<String> {
        let page = self.open()?;
        let answer = self.send(&page, &[("decision", "allow")])?;
        let location = Url::parse(answer.headers("location").next()?).ok()?;
        let mut query = location.query_pairs();
        let code = query.find(|(name, _)| name == "code")?;
        Some(code.1.into_owned())
    }

    /// The page of an authorization request.
    fn open(&mut self) -> Option<Answer> {
        let challenge = CodeVerifier::from_random(VERIFIER).challenge();
        let query = to_form(&[
            ("response_type", "code"),
            ("client_id", PUBLIC_CLIENT),
            ("redirect_uri", REDIRECT_URI),
            ("state", "s"),
            ("code_challenge", &challenge.value),
            ("code_challenge_method", "S256"),
        ]);
        let cookies = self.cookie_header();
        let target = format!("/authorize?{query}");
        let answer = try_get(self.address, &target, &[("cookie", &cookies)])?;
        self.keep(answer).filter(|answer| answer.status == 200)
    }

    fn send(&mut self, page: &Answer, fill: &[(&str, &str)]) -> Option<Answer> {
        let (ticket, csrf) = (hidden(page, "interaction"), hidden(page, "csrf"));
        let form = [&[("interaction", ticket), ("csrf", csrf)], fill].concat();
        let cookies = self.cookie_header();
        let headers = [("cookie", &*cookies)];
        let answer = try_post(self.address, "/authorize/continue", &form, &headers)?;
        self.keep(answer).filter(|answer| answer.status == 303)
    }

    fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter().map(|(n, v)| format!("{n}={v}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: Answer) -> Option<Answer> {
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next()?;
            let (name, value) = pair.split_once('=')?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Some(answer)
    }
}
