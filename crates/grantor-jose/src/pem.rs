//! Textual encodings of keys (RFC 7468), read strictly: one block and nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::Error;

/// What stands in the first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// PKCS#8.
    Pkcs8,
    /// SEC 1, or RFC 5915.
    Sec1,
    /// PKCS#1.
    Pkcs1,
    /// `SubjectPublicKeyInfo`.
    Spki,
    /// PKCS#1.
    Pkcs1Public,
}

impl Label {
    const ALL: [Self; 5] = [
        Self::Pkcs8,
        Self::Sec1,
        Self::Pkcs1,
        Self::Spki,
        Self::Pkcs1Public,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Pkcs8 => "PRIVATE KEY",
            Self::Sec1 => "EC PRIVATE KEY",
            Self::Pkcs1 => "RSA PRIVATE KEY",
            Self::Spki => "PUBLIC KEY",
            Self::Pkcs1Public => "RSA PUBLIC KEY",
        }
    }
}

/// The one block that `text` is, white space around it apart.
pub(crate) fn decode(text: &str) -> Result<(Label, Zeroizing<Vec<u8>>), Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    let body = text.trim().strip_prefix("-----BEGIN ").ok_or(Error::Pem)?;
    let (label, body) = body.split_once("-----").ok_or(Error::Pem)?;
    let label = Label::ALL
        .into_iter()
        .find(|known| known.as_str() == label)
        .ok_or(Error::UnsupportedKey)?;
    let body = body
        .strip_suffix("-----")
        .and_then(|body| body.strip_suffix(label.as_str()))
        .and_then(|body| body.strip_suffix("-----END "))
        .ok_or(Error::Pem)?;
    // A header ("Proc-Type") has characters that base64 has not, so an encrypted key fails here.
    let joined: Zeroizing<Vec<u8>> = Zeroizing::new(
        body.bytes()
            .filter(|byte| !matches!(byte, b'\n' | b'\r'))
            .collect(),
    );
    match STANDARD.decode(&*joined) {
        Ok(der) if !der.is_empty() => Ok((label, Zeroizing::new(der))),
        _ => Err(Error::Pem),
    }
}

/// Lines of 64 characters between the two lines with the label.
pub(crate) fn encode(label: Label, der: &[u8]) -> Zeroizing<String> {
    let label = label.as_str();
    let encoded = Zeroizing::new(STANDARD.encode(der));
    let mut out = Zeroizing::new(String::with_capacity(encoded.len() * 2 + 100));
    out.push_str(&format!("-----BEGIN {label}-----\n"));
    for at in (0..encoded.len()).step_by(LINE) {
        out.push_str(&encoded[at..encoded.len().min(at + LINE)]);
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

const LINE: usize = 64;

/// Four times an RSA key of 8192 bits.
const MAX_BYTES: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_with_either_line_end() {
        for length in [1, 47, 48, 49, 96, 1200] {
            let der = vec![0xa5; length];
            for label in Label::ALL {
                let text = encode(label, &der);
                assert_eq!(decode(&text), Ok((label, Zeroizing::new(der.clone()))));
                assert!(text.lines().all(|line| line.len() <= 64));
                let windows = text.replace('\n', "\r\n");
                assert!(decode(&windows).is_ok());
            }
        }
    }

    #[test]
    fn takes_nothing_but_one_block() {
        let good = encode(Label::Spki, &[1; 60]);
        let twice = format!("{}{}", *good, *good);
        let encrypted = good.replace("PUBLIC KEY-----\n", "PUBLIC KEY-----\nProc-Type: 4\n\n");
        for bad in [
            "",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
            &good.replace("END PUBLIC", "END PRIVATE"),
            &good.replace("AQEB", "AQ B"),
            &good.replace("AQEB", "AQ_B"),
            &twice,
            &encrypted,
            &format!("x{}", *good),
        ] {
            assert_eq!(decode(bad), Err(Error::Pem), "{bad}");
        }
        let certificate = good.replace("PUBLIC KEY", "CERTIFICATE");
        assert_eq!(decode(&certificate), Err(Error::UnsupportedKey));
    }
}
