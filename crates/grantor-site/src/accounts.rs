//! The accounts of the site.

use grantor_core::{Environment, Secret};
use grantor_server::{BuildError, Identifier};
use grantor_store::{Change, Conflict, Diagnostics, Records, Stores, Versioned};

use crate::account_record::{Account, AccountRecord, MAKING, NameRecord};
use crate::error::Error;
use crate::passwords::Passwords;
use crate::user_name;

/// The users of [`AccountSite`](crate::AccountSite), with passwords.
#[derive(Debug, Clone)]
pub struct Accounts {
    accounts: Records<AccountRecord>,
    names: Records<NameRecord>,
    environment: Environment,
    passwords: Passwords,
}

impl Accounts {
    /// The accounts in `stores`.
    ///
    /// # Errors
    /// The stores can't carry accounts.
    pub fn open(stores: &Stores, passwords: Passwords) -> Result<Self, BuildError> {
        let mut diagnostics = Diagnostics::default();
        let opened = Self::prepare(stores, passwords, &mut diagnostics);
        opened.ok_or_else(|| BuildError::new(diagnostics.problems))
    }

    pub(crate) fn prepare(
        stores: &Stores,
        passwords: Passwords,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let accounts = diagnostics.records(stores);
        let names = diagnostics.records(stores);
        Some(Self {
            accounts: accounts?,
            names: names?,
            environment: stores.environment().clone(),
            passwords,
        })
    }

    /// Makes an account.
    ///
    /// # Errors
    /// The name or the password can't be used, the name is taken, or the store failed.
    pub async fn add(&self, name: &str, password: &Secret) -> Result<Account, Error> {
        let name = normalize(name)?;
        check_password(password)?;
        if self.find(&name).await?.is_some() {
            return Err(Error::NameTaken(name));
        }
        let salt = self.environment.random_bytes();
        let hash = self.passwords.hash(password, salt).await;
        let record = AccountRecord {
            id: Identifier::mint(&self.environment),
            name,
            password: hash?,
            created_at: self.environment.now(),
            password_set_at: None,
        };
        let index = NameRecord {
            account: record.id,
            made_at: record.created_at,
        };
        if !self.take_name(&record.name, &index).await? {
            return Err(Error::NameTaken(record.name));
        }
        let key = self.accounts.key(record.id.as_bytes());
        match self.accounts.create(&key, &record).await? {
            Ok(_) => Ok(record.into()),
            Err(Conflict) => Err(Error::Internal("an identifier was drawn twice".to_owned())),
        }
    }

    /// Gives an account another password. Browsers that were signed in must sign in again. Tokens
    /// stay valid: revoke them as well, if somebody else may know the old password. Returns the
    /// account; none if there is none of that name.
    ///
    /// # Errors
    /// The password can't be used, or the store failed.
    pub async fn set_password(
        &self,
        name: &str,
        password: &Secret,
    ) -> Result<Option<Account>, Error> {
        check_password(password)?;
        let Some(found) = self.find(&normalize(name)?).await? else {
            return Ok(None);
        };
        let salt = self.environment.random_bytes();
        let hash = self.passwords.hash(password, salt).await?;
        let now = self.environment.now();
        let key = self.accounts.key(found.id.as_bytes());
        let changed = self.accounts.change(&key, async |record| {
            let Some(mut record) = record else {
                return Ok(Change::Keep(None));
            };
            record.password.clone_from(&hash);
            record.password_set_at = Some(now);
            Ok(Change::Write(record.clone(), Some(record)))
        });
        let changed: Result<_, Error> = changed.await;
        Ok(changed?.map(Into::into))
    }

    /// Every account; none if the store can't list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Option<Vec<Account>>, Error> {
        let mut found: Vec<Account> = Vec::new();
        let mut after = None;
        loop {
            let Some(page) = self.accounts.page(after.as_ref(), 500).await? else {
                return Ok(None);
            };
            let records = page.records.into_iter();
            found.extend(records.map(|(_, versioned)| versioned.record.into()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(found))
    }

    /// The account of a name.
    ///
    /// # Errors
    /// The name can't be one, or the store failed.
    pub async fn named(&self, name: &str) -> Result<Option<Account>, Error> {
        let found = self.find(&normalize(name)?).await?;
        Ok(found.map(Into::into))
    }

    /// Removes an account and returns it. Its tokens stay valid: call it within
    /// [`Server::remove_subject`](grantor_server::Server::remove_subject).
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove(&self, name: &str) -> Result<Option<Account>, Error> {
        let Some(record) = self.find(&normalize(name)?).await? else {
            return Ok(None);
        };
        let name_key = self.names.key_of_name(&record.name);
        let index = self.names.get(&name_key).await?;
        let key = self.accounts.key(record.id.as_bytes());
        self.accounts.remove(&key).await?;
        // Only the index of this account: somebody may have the name by now.
        if let Some(index) = index.filter(|index| index.record.account == record.id) {
            let _ = self.names.remove_if(&name_key, index.version).await?;
        }
        Ok(Some(record.into()))
    }

    /// Returns the account if name and password are right. An unknown name takes as long as a wrong
    /// password.
    ///
    /// # Errors
    /// Too many logins are waiting, or the store failed.
    pub async fn verify(&self, name: &str, password: &Secret) -> Result<Option<Account>, Error> {
        self.verify_from("", name, password).await
    }

    /// Like [`verify`](Self::verify), for a login from this source, such as an address. Sources
    /// take turns, so that a flood from one delays itself.
    ///
    /// # Errors
    /// Too many logins are waiting, or the store failed.
    pub async fn verify_from(
        &self,
        source: &str,
        name: &str,
        password: &Secret,
    ) -> Result<Option<Account>, Error> {
        let record = match normalize(name) {
            Ok(name) => self.find(&name).await?,
            Err(_) => None,
        };
        if password.expose().len() > MAX_PASSWORD {
            return Ok(None);
        }
        let hash = record.as_ref().map(|record| record.password.clone());
        let is_right = self.passwords.verify_from(source, password, hash).await?;
        Ok(record.filter(|_| is_right).map(Into::into))
    }

    /// The account of a subject, if there still is one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn of_subject(&self, subject: &str) -> Result<Option<Account>, Error> {
        let Some(id) = Identifier::parse(subject) else {
            return Ok(None);
        };
        let key = self.accounts.key(id.as_bytes());
        Ok(self.accounts.get(&key).await?.map(|a| a.record.into()))
    }

    /// Writes the index of a name that is free. Of several at once one gets it.
    async fn take_name(&self, name: &str, index: &NameRecord) -> Result<bool, Error> {
        let key = self.names.key_of_name(name);
        let Some(Versioned { record, version }) = self.names.get(&key).await? else {
            return Ok(self.names.create(&key, index).await?.is_ok());
        };
        let in_the_making = self.environment.now() < record.made_at + MAKING;
        if in_the_making || self.find(name).await?.is_some() {
            return Ok(false);
        }
        Ok(self.names.update(&key, index, version).await?.is_ok())
    }

    async fn find(&self, name: &str) -> Result<Option<AccountRecord>, Error> {
        let Some(index) = self.names.get(&self.names.key_of_name(name)).await? else {
            return Ok(None);
        };
        let key = self.accounts.key(index.record.account.as_bytes());
        let account = self.accounts.get(&key).await?;
        Ok(account
            .map(|a| a.record)
            .filter(|account| account.name == name))
    }
}

const MAX_PASSWORD: usize = 1024;

fn check_password(password: &Secret) -> Result<(), Error> {
    if password.expose().chars().count() < 8 {
        return Err(Error::InvalidPassword(
            "a password has at least 8 characters",
        ));
    }
    if password.expose().len() > MAX_PASSWORD {
        return Err(Error::InvalidPassword("a password has at most 1024 bytes"));
    }
    Ok(())
}

fn normalize(name: &str) -> Result<String, Error> {
    user_name::normalize(name).ok_or(Error::InvalidName)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn their_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<AccountRecord>();
        grantor_store::contract::assert_own_formats::<NameRecord>();
    }
}
