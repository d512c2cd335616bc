//! The logins that `grantor login` keeps: listed in the store that has their tokens.

mod builder;
mod keyring;
mod place;
mod record;
mod revocation;

use std::sync::Arc;

use grantor_http::system;
use grantor_store::{Change, Key, MasterKey, Namespace, Placement, Records, Store};

pub(super) use self::builder::builder;
pub(super) use self::place::{KeyPlace, Place, open};
pub(super) use self::record::SavedLogin;
use self::record::SavedLogins;
pub(super) use self::revocation::{Revoked, revoke};
use crate::error::CliError;

/// An open store with logins.
pub(super) struct LoginList {
    pub(super) store: Arc<dyn Store>,
    pub(super) key: MasterKey,
    records: Records<SavedLogins>,
}

/// The login that is meant.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) label: Option<&'a str>,
    pub(super) issuer: Option<&'a str>,
    pub(super) client_id: Option<&'a str>,
}

impl LoginList {
    fn new(store: Arc<dyn Store>, key: MasterKey) -> Result<Self, CliError> {
        let namespace = Namespace::new("grantor login");
        let placement = Placement::new(Arc::clone(&store), namespace, system());
        let placement = placement.seal_under(key.sealing_key());
        let records = Records::open(&placement).map_err(CliError::configuration)?;
        Ok(Self {
            store,
            key,
            records,
        })
    }

    /// The one login that fits.
    ///
    /// # Errors
    /// None does, or several do; the hint lists them.
    pub(super) async fn find(&self, wanted: &Wanted<'_>) -> Result<SavedLogin, CliError> {
        let logins = self.all().await?;
        let fits = |login: &&SavedLogin| wanted.fits(login);
        let found: Vec<&SavedLogin> = logins.iter().filter(fits).collect();
        match found[..] {
            [login] => Ok(login.clone()),
            [] => Err(none_fits(&logins, wanted)),
            _ => {
                let error = CliError::usage("there are several logins: say which with --login");
                Err(error.hint(list(&found)))
            }
        }
    }

    /// Returns whether there is a login that fits.
    pub(super) async fn has(&self, wanted: &Wanted<'_>) -> Result<bool, CliError> {
        Ok(self.all().await?.iter().any(|login| wanted.fits(login)))
    }

    /// All logins, in the order in which they were begun.
    pub(super) async fn all(&self) -> Result<Vec<SavedLogin>, CliError> {
        let loaded = self.records.get(&self.list_key()).await?;
        Ok(loaded.map_or_else(Vec::new, |loaded| loaded.record.logins))
    }

    /// The login under a label that is to be used for another one.
    ///
    /// # Errors
    /// It is a login at another server, or of another client, whose tokens would stay behind.
    pub(super) async fn check_label(&self, new: &SavedLogin) -> Result<(), CliError> {
        let logins = self.all().await?;
        match logins.iter().find(|old| old.label == new.label) {
            Some(old) if !is_replaced(old, new) => {
                let (label, issuer, client) = (&old.label, &old.issuer, &old.client_id);
                let message = format!(
                    "the label \"{label}\" is that of a login of the client {client} at {issuer}"
                );
                Err(CliError::usage(message).hint(format!(
                    "give this one another --label, or end that one: grantor logout --login {label}"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The login whose place a new one takes.
    pub(super) async fn replaced_by(
        &self,
        new: &SavedLogin,
    ) -> Result<Option<SavedLogin>, CliError> {
        let logins = self.all().await?.into_iter();
        let mut same = logins.filter(|old| old.label == new.label && is_replaced(old, new));
        Ok(same.next())
    }

    /// Puts a login onto the list, in the place of the one that had its label.
    pub(super) async fn keep(&self, new: &SavedLogin) -> Result<(), CliError> {
        let decide = |current: Option<SavedLogins>| async {
            let mut list = current.unwrap_or_default();
            list.logins.retain(|old| old.label != new.label);
            list.logins.push(new.clone());
            Ok::<_, CliError>(Change::Write(list, ()))
        };
        self.records.change(&self.list_key(), decide).await
    }

    /// Takes a login off the list.
    pub(super) async fn remove(&self, label: &str) -> Result<(), CliError> {
        let decide = |current: Option<SavedLogins>| async {
            let mut list = current.unwrap_or_default();
            list.logins.retain(|old| old.label != label);
            Ok::<_, CliError>(match list.logins.is_empty() {
                true => Change::Remove(()),
                false => Change::Write(list, ()),
            })
        };
        self.records.change(&self.list_key(), decide).await
    }

    fn list_key(&self) -> Key {
        self.records.key_of_name("logins")
    }
}

impl Wanted<'_> {
    fn fits(&self, login: &SavedLogin) -> bool {
        let same = |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted == is);
        same(self.label, &login.label)
            && same(self.issuer, &login.issuer)
            && same(self.client_id, &login.client_id)
    }
}

/// Returns whether a new login replaces the tokens of an old one with its label.
fn is_replaced(old: &SavedLogin, new: &SavedLogin) -> bool {
    let of = |login: &SavedLogin| (login.issuer.clone(), login.client_id.clone());
    of(old) == of(new)
}

/// Nobody is signed in, as far as this store knows.
pub(super) fn no_login() -> CliError {
    CliError::usage(
        "there is no client and no login: give --client-id or set GRANTOR_CLIENT_ID, or sign in with \
         grantor login",
    )
}

fn none_fits(logins: &[SavedLogin], wanted: &Wanted<'_>) -> CliError {
    let all: Vec<&SavedLogin> = logins.iter().collect();
    match (wanted.label, all.is_empty()) {
        (None, true) => no_login(),
        (Some(label), true) => {
            CliError::usage(format!("there is no login \"{label}\"")).hint(SIGN_IN)
        }
        (Some(label), false) => {
            CliError::usage(format!("there is no such login \"{label}\"")).hint(list(&all))
        }
        (None, false) => CliError::usage("no login is at that server").hint(list(&all)),
    }
}

fn list(logins: &[&SavedLogin]) -> String {
    let lines = logins.iter().map(|login| {
        let (label, issuer, client) = (&login.label, &login.issuer, &login.client_id);
        format!("{label} (client {client} at {issuer})")
    });
    format!("the logins are: {}", lines.collect::<Vec<_>>().join(", "))
}

/// The next thing to do without a login.
const SIGN_IN: &str = "sign in with grantor login --issuer URL --client-id ID";

impl SavedLogin {
    /// The next thing to do where the login is over.
    pub(super) fn sign_in_again(&self) -> String {
        let (issuer, client, label) = (&self.issuer, &self.client_id, &self.label);
        format!(
            "sign in again: grantor login --issuer {issuer} --client-id {client} --label {label}"
        )
    }
}
