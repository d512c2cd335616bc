//! The stored record of an opaque access token.

use grantor_core::{Scope, Timestamp};
use grantor_store::{Error, FieldWriter, Fields, InvalidField, Kind, Record, kinds, read_json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Anchor, Parent};
use crate::identifier::Identifier;

/// An opaque access token, as it is stored: in fields, since each one that is issued is written, and
/// each that is introspected is read. The derived JSON is format 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessTokenRecord {
    /// SHA-256 of its secret.
    #[serde(rename = "hash", with = "digest_text")]
    pub(crate) digest: [u8; 32],
    pub(crate) client_id: String,
    /// The client's epoch when it was issued.
    pub(crate) client_epoch: String,
    /// The grant it was issued under; none for client credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// The subject's epoch when it was issued, if there is no grant that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject_epoch: Option<String>,
    pub(crate) scope: Scope,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) audience: Vec<String>,
    /// The thumbprint of the key that it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dpop_jkt: Option<String>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// The token in exchange for which it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<Box<Parent>>,
    /// Further claims.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) claims: Map<String, Value>,
}

impl AccessTokenRecord {
    /// Takes out the thing that the token depends on.
    pub(crate) fn take_anchor(&mut self) -> Anchor {
        Anchor::of(
            std::mem::take(&mut self.client_epoch),
            self.grant,
            self.subject_epoch.take(),
            self.parent.take(),
        )
    }
}

impl Record for AccessTokenRecord {
    const KIND: Kind = kinds::ACCESS_TOKENS;
    const NAME: &'static str = "an access token";
    const FORMAT: u8 = 2;

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn write(&self, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let mut fields = FieldWriter::new(bytes);
        fields.push(tag::DIGEST, self.digest);
        fields.push(tag::CLIENT_ID, &self.client_id);
        fields.push(tag::CLIENT_EPOCH, &self.client_epoch);
        fields.push_some(tag::GRANT, self.grant.as_ref().map(Identifier::as_bytes));
        fields.push_some(tag::SUBJECT, self.subject.as_ref());
        fields.push_some(tag::SUBJECT_EPOCH, self.subject_epoch.as_ref());
        fields.push(tag::SCOPE, self.scope.as_str());
        for audience in &self.audience {
            fields.push(tag::AUDIENCE, audience);
        }
        fields.push_some(tag::DPOP_JKT, self.dpop_jkt.as_ref());
        fields.push_time(tag::ISSUED_AT, self.issued_at);
        fields.push_time(tag::EXPIRES_AT, self.expires_at);
        if let Some(parent) = &self.parent {
            fields.push(tag::PARENT, parent.to_json());
        }
        if !self.claims.is_empty() {
            fields.push(tag::CLAIMS, json(&self.claims)?);
        }
        Ok(())
    }

    fn read(bytes: &[u8]) -> Result<Self, Error> {
        read_fields(bytes)
            .map_err(|InvalidField| Error::corrupt(format!("{} can't be read", Self::NAME)))
    }

    fn upgrade(_: u8, bytes: &[u8]) -> Result<Self, Error> {
        read_json::<Self, Self>(bytes)
    }
}

fn read_fields(bytes: &[u8]) -> Result<AccessTokenRecord, InvalidField> {
    let (mut digest, mut client_id, mut client_epoch, mut scope) = (None, None, None, None);
    let (mut grant, mut subject, mut subject_epoch, mut audience) = (None, None, None, Vec::new());
    let (mut dpop_jkt, mut issued_at, mut expires_at) = (None, None, None);
    let (mut parent, mut claims) = (None, Map::new());
    for field in Fields::new(bytes) {
        let field = field?;
        let text = || field.text().map(str::to_owned);
        match field.tag {
            tag::DIGEST => digest = Some(field.array()?),
            tag::CLIENT_ID => client_id = Some(text()?),
            tag::CLIENT_EPOCH => client_epoch = Some(text()?),
            tag::GRANT => grant = Some(Identifier::from_bytes(field.array()?)),
            tag::SUBJECT => subject = Some(text()?),
            tag::SUBJECT_EPOCH => subject_epoch = Some(text()?),
            tag::SCOPE => scope = Some(Scope::parse(field.text()?).map_err(|_| InvalidField)?),
            tag::AUDIENCE => audience.push(text()?),
            tag::DPOP_JKT => dpop_jkt = Some(text()?),
            tag::ISSUED_AT => issued_at = Some(field.time()?),
            tag::EXPIRES_AT => expires_at = Some(field.time()?),
            tag::PARENT => parent = Some(of_json(field.value)?),
            tag::CLAIMS => claims = of_json(field.value)?,
            // Of a newer program.
            _ => {}
        }
    }
    Ok(AccessTokenRecord {
        digest: digest.ok_or(InvalidField)?,
        client_id: client_id.ok_or(InvalidField)?,
        client_epoch: client_epoch.ok_or(InvalidField)?,
        grant,
        subject,
        subject_epoch,
        scope: scope.ok_or(InvalidField)?,
        audience,
        dpop_jkt,
        issued_at: issued_at.ok_or(InvalidField)?,
        expires_at: expires_at.ok_or(InvalidField)?,
        parent,
        claims,
    })
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|_| Error::corrupt("an access token can't be written"))
}

fn of_json<T: DeserializeOwned>(value: &[u8]) -> Result<T, InvalidField> {
    serde_json::from_slice(value).map_err(|_| InvalidField)
}

/// The tags of the fields. A tag that was given up is never used for something else.
mod tag {
    pub(super) const DIGEST: u8 = 1;
    pub(super) const CLIENT_ID: u8 = 2;
    pub(super) const CLIENT_EPOCH: u8 = 3;
    pub(super) const GRANT: u8 = 4;
    pub(super) const SUBJECT: u8 = 5;
    pub(super) const SUBJECT_EPOCH: u8 = 6;
    pub(super) const SCOPE: u8 = 7;
    /// One for each audience.
    pub(super) const AUDIENCE: u8 = 8;
    pub(super) const ISSUED_AT: u8 = 9;
    pub(super) const EXPIRES_AT: u8 = 10;
    pub(super) const DPOP_JKT: u8 = 11;
    /// In JSON, as the next.
    pub(super) const PARENT: u8 = 12;
    pub(super) const CLAIMS: u8 = 13;
}

/// A digest as base64url.
mod digest_text {
    use grantor_jose::base64url;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(digest: &[u8; 32], out: S) -> Result<S::Ok, S::Error> {
        base64url::encode(digest).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        base64url::decode_array(text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::ParentToken;

    fn record() -> AccessTokenRecord {
        AccessTokenRecord {
            digest: [7; 32],
            client_id: "app".to_owned(),
            client_epoch: "1".to_owned(),
            grant: None,
            subject: None,
            subject_epoch: None,
            scope: Scope::parse("read write").unwrap(),
            audience: Vec::new(),
            dpop_jkt: None,
            issued_at: Timestamp::from_secs(1_760_000_000),
            expires_at: Timestamp::from_secs(1_760_000_300),
            parent: None,
            claims: Map::new(),
        }
    }

    fn written(record: &AccessTokenRecord) -> Vec<u8> {
        let mut bytes = Vec::new();
        record.write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn every_field_comes_back() {
        let full = AccessTokenRecord {
            grant: Some(Identifier::from_bytes([9; 16])),
            subject: Some("ada".to_owned()),
            subject_epoch: Some("2".to_owned()),
            audience: vec!["https://a.example".to_owned(), "b".to_owned()],
            claims: serde_json::from_str(r#"{"tenant":"a","floor":3}"#).unwrap(),
            dpop_jkt: Some("thumbprint".to_owned()),
            ..record()
        };
        let exchanged = AccessTokenRecord {
            parent: Some(Box::new(Parent {
                token: ParentToken::Opaque(Identifier::from_bytes([8; 16])),
                client_id: "front".to_owned(),
                subject: Some("ada".to_owned()),
                anchor: Anchor::Grant(Identifier::from_bytes([9; 16])),
            })),
            ..record()
        };
        for record in [record(), full, exchanged] {
            assert_eq!(AccessTokenRecord::read(&written(&record)).unwrap(), record);
        }
    }

    #[test]
    fn a_field_of_a_newer_program_is_skipped() {
        let mut bytes = written(&record());
        FieldWriter::new(&mut bytes).push(200, "new");
        assert_eq!(AccessTokenRecord::read(&bytes).unwrap(), record());
    }

    #[test]
    fn a_record_that_ends_too_early_is_corrupt() {
        let bytes = written(&record());
        for end in 0..bytes.len() {
            let error = AccessTokenRecord::read(&bytes[..end]).unwrap_err();
            assert!(error.is_corrupt(), "{end}");
        }
    }

    #[test]
    fn a_stored_record_of_format_1_is_read() {
        let json = br#"{"hash":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","client_id":"app",
            "client_epoch":"1","scope":"read write","issued_at":1760000000000,
            "expires_at":1760000300000}"#;
        assert_eq!(AccessTokenRecord::upgrade(1, json).unwrap(), record());
        let error = AccessTokenRecord::upgrade(1, b"{\"hash\":\"AA\"}").unwrap_err();
        assert!(error.is_corrupt());
    }

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<AccessTokenRecord>();
    }
}
