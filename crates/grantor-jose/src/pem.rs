//! Textual encodings of keys (RFC 7468), with all that real files hold beside the key.
//!
//! The crate `pem-rfc7468` refuses most of that: a block of parameters or a certificate beside the
//! key, a byte order mark, spaces at the ends of lines, a key in one line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::Error;

/// The label in the first line.
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

/// The one key that `text` holds.
///
/// Text outside of blocks, white space inside of them, parameters of curves and certificates beside
/// the key are passed over (RFC 7468 sections 2 and 5.2).
pub(crate) fn decode(text: &str) -> Result<(Label, Zeroizing<Vec<u8>>), Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    let mut found = None;
    let mut certificate = false;
    let mut rest = text;
    while let Some(block) = next_block(&mut rest)? {
        match block.label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => certificate = true,
            "EC PARAMETERS" => {}
            _ if found.is_some() => return Err(Error::Pem),
            _ => found = Some(block),
        }
    }
    match found {
        Some(block) => block.decode(),
        None if certificate => Err(Error::Certificate),
        None => Err(Error::Pem),
    }
}

struct Block<'a> {
    label: &'a str,
    body: &'a str,
}

/// The next block; `text` goes on behind it.
fn next_block<'a>(text: &mut &'a str) -> Result<Option<Block<'a>>, Error> {
    let Some(at) = beginning(text) else {
        return Ok(None);
    };
    let inside = text.get(at + BEGIN.len()..).unwrap_or_default();
    let (label, inside) = inside.split_once(DASHES).ok_or(Error::Pem)?;
    let (body, end) = inside.split_once(END).ok_or(Error::Pem)?;
    let behind = end.strip_prefix(label).ok_or(Error::Pem)?;
    *text = behind.strip_prefix(DASHES).ok_or(Error::Pem)?;
    Ok(Some(Block { label, body }))
}

/// Where a block begins: at the start of a line, or what is left of one when a tool has replaced
/// the ends of lines by spaces.
fn beginning(text: &str) -> Option<usize> {
    let mut places = text.match_indices(BEGIN).map(|(at, _)| at);
    places.find(|at| {
        let before = text.get(..*at).unwrap_or_default().chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || c == BYTE_ORDER_MARK)
    })
}

impl Block<'_> {
    fn decode(&self) -> Result<(Label, Zeroizing<Vec<u8>>), Error> {
        if self.body.contains('\\') {
            return Err(Error::EscapedLines);
        }
        // RFC 7468 section 11; the header is OpenSSL's older way.
        if self.label == "ENCRYPTED PRIVATE KEY" || self.body.contains("ENCRYPTED") {
            return Err(Error::EncryptedKey);
        }
        let mut known = Label::ALL.into_iter();
        let label = known.find(|known| known.as_str() == self.label);
        let label = label.ok_or(Error::UnsupportedKey)?;
        let bytes = self.body.bytes();
        let joined: Zeroizing<Vec<u8>> =
            Zeroizing::new(bytes.filter(|byte| !byte.is_ascii_whitespace()).collect());
        match STANDARD.decode(&*joined) {
            Ok(der) if !der.is_empty() => Ok((label, Zeroizing::new(der))),
            _ => Err(Error::Pem),
        }
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

const DASHES: &str = "-----";
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const BYTE_ORDER_MARK: char = '\u{feff}';
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
    fn takes_one_key_and_nothing_malformed() {
        let good = encode(Label::Spki, &[1; 60]);
        let twice = format!("{}{}", *good, *good);
        for bad in [
            "",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
            &good.replace("END PUBLIC", "END PRIVATE"),
            &good.replace("AQEB", "AQ#B"),
            &good.replace("AQEB", "AQ_B"),
            &good.replace("-----END PUBLIC KEY-----", "-----END PUBLIC KEY"),
            &good.replace("PUBLIC KEY-----\n", "PUBLIC KEY-----\nComment: x\n\n"),
            &twice,
            &format!("x{}", *good),
        ] {
            assert_eq!(decode(bad), Err(Error::Pem), "{bad}");
        }
        let request = good.replace("PUBLIC KEY", "CERTIFICATE REQUEST");
        assert_eq!(decode(&request), Err(Error::UnsupportedKey));
    }

    #[test]
    fn takes_what_files_hold_beside_the_key() {
        let good = encode(Label::Sec1, &[1; 60]);
        let certificate = encode(Label::Spki, &[2; 60]).replace("PUBLIC KEY", "CERTIFICATE");
        let parameters = encode(Label::Spki, &[3; 10]).replace("PUBLIC KEY", "EC PARAMETERS");
        let indented = good.lines().map(|line| format!("  {line}\n"));
        for file in [
            format!("{parameters}{}", *good),
            format!("{certificate}{}{certificate}", *good),
            format!(
                "Bag Attributes\n    localKeyID: 01 02\nKey Attributes: <No>\n{}",
                *good
            ),
            format!("# a comment\n\n{}\n-- another: it ends here -----\n", *good),
            format!("\u{feff}{}", *good),
            good.replace('\n', "  \t\r\n"),
            good.replace('\n', " "),
            indented.collect(),
        ] {
            let read = decode(&file);
            assert_eq!(
                read,
                Ok((Label::Sec1, Zeroizing::new(vec![1; 60]))),
                "{file}"
            );
        }
    }

    #[test]
    fn says_what_is_no_key_that_can_be_read() {
        let good = encode(Label::Sec1, &[1; 60]);
        let certificate = good.replace("EC PRIVATE KEY", "CERTIFICATE");
        let header = "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n";
        for (file, error) in [
            (
                good.replace("EC PRIVATE", "ENCRYPTED PRIVATE"),
                Error::EncryptedKey,
            ),
            (good.replacen("KEY-----\n", header, 1), Error::EncryptedKey),
            (format!("{certificate}{certificate}"), Error::Certificate),
            (good.replace('\n', "\\n"), Error::EscapedLines),
            (good.replace('\n', "\\r\\n"), Error::EscapedLines),
        ] {
            assert_eq!(decode(&file), Err(error), "{file}");
        }
    }
}
