//! The signature base string (RFC 5849 section 3.4.1).

use http::{HeaderMap, Method, Uri};

use super::Unsignable;
use super::base_string_uri::base_string_uri;
use super::encoding::{Parameter, encode_into, encode_twice_into, recode_form_into, text};
use super::protocol_parameter::ProtocolParameter;

/// Builds the text that is signed (RFC 5849 section 3.4.1): the method, the URI without its query,
/// and all parameters. `headers` may say another host than the URI; `form` is the body if it is a
/// form, and `protocol` are the parameters of OAuth without `oauth_signature` and `realm`.
///
/// # Errors
/// The URI has no scheme and no host, or no host and port can be read.
pub fn base_string(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    form: &[u8],
    protocol: &[(String, String)],
) -> Result<String, Unsignable> {
    let mut base_string = BaseString::begin(method, uri, headers, form.len())?;
    for (name, value) in protocol {
        base_string.push(&ProtocolParameter::new(name, value));
    }
    base_string.read(uri.query().unwrap_or_default().as_bytes());
    base_string.read(form);
    Ok(text(base_string.finish()))
}

const EQUALS: &[u8] = b"%3D";
const AND: &[u8] = b"%26";

/// A base string to which parameters are added. They are encoded twice, once as parameters and once
/// more as a part of the base string.
pub(super) struct BaseString {
    text: Vec<u8>,
    /// The parameters in `text`, as they came.
    parameters: Vec<Parameter>,
}

impl BaseString {
    /// The method and the URI. `length` is that of the form that will be read.
    pub(super) fn begin(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        length: usize,
    ) -> Result<Self, Unsignable> {
        let length = length + uri.query().unwrap_or_default().len();
        let uri = base_string_uri(uri, headers)?;
        // Most of it stays as it is, and the parameters of the protocol take some 300 bytes.
        let length = 384 + (uri.len() + length) * 3 / 2;
        let mut text = Vec::with_capacity(length);
        encode_into(method.as_str().as_bytes(), &mut text);
        text.make_ascii_uppercase();
        text.push(b'&');
        encode_into(uri.as_bytes(), &mut text);
        text.push(b'&');
        Ok(Self {
            text,
            parameters: Vec::with_capacity(32),
        })
    }

    /// Adds a parameter of the protocol.
    pub(super) fn push(&mut self, parameter: &ProtocolParameter<'_>) {
        let text = &mut self.text;
        let name = text.len();
        let value = parameter.encode_twice_into(EQUALS, text);
        self.parameters.push(Parameter {
            name,
            value,
            end: text.len(),
        });
        text.extend_from_slice(AND);
    }

    /// Adds the parameters of a query or a form.
    pub(super) fn read(&mut self, form: &[u8]) {
        recode_form_into(form, &mut self.text, &mut self.parameters);
    }

    /// Returns whether one of the parameters after the first `protocol` ones has this name.
    pub(super) fn has_beyond(&self, protocol: usize, name: &str) -> bool {
        let mut encoded = Vec::with_capacity(32);
        encode_twice_into(name.as_bytes(), &mut encoded);
        let mut others = self.parameters.iter().skip(protocol);
        others.any(|parameter| self.name(parameter) == encoded)
    }

    /// Returns whether a parameter after the first `protocol` ones begins so.
    pub(super) fn has_prefix_beyond(&self, protocol: usize, prefix: &[u8]) -> bool {
        let mut others = self.parameters.iter().skip(protocol);
        others.any(|parameter| self.name(parameter).starts_with(prefix))
    }

    /// All of it, with the parameters sorted by name and value (RFC 5849 section 3.4.1.3.2). Their order
    /// is that of the parameters encoded once: `%` is less than all that stays as it is, and `%25` has
    /// it first too.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let key = |parameter: &Parameter| (self.name(parameter), self.value(parameter));
        if !self.parameters.is_sorted_by_key(key) {
            let mut sorted = self.parameters.clone();
            sorted.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
            let first = self.parameters.first().map_or(0, |first| first.name);
            let mut text = Vec::with_capacity(self.text.len());
            text.extend_from_slice(&self.text[..first]);
            for parameter in &sorted {
                text.extend_from_slice(&self.text[parameter.name..parameter.end]);
                text.extend_from_slice(AND);
            }
            self.text = text;
        }
        if !self.parameters.is_empty() {
            self.text.truncate(self.text.len() - AND.len());
        }
        self.text
    }

    fn name(&self, parameter: &Parameter) -> &[u8] {
        &self.text[parameter.name..parameter.value - EQUALS.len()]
    }

    fn value(&self, parameter: &Parameter) -> &[u8] {
        &self.text[parameter.value..parameter.end]
    }
}
