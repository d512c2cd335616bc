//! How clients say what they are: dynamic registration (RFC 7591), its management (RFC 7592), and
//! client-id metadata documents (draft-ietf-oauth-client-id-metadata-document).

mod client_id_url;
mod document;
mod information;
mod metadata;

pub use client_id_url::{ClientIdUrl, InvalidClientIdUrl};
pub use document::InvalidDocument;
pub use information::ClientInformation;
pub use metadata::{ApplicationType, ClientMetadata, InvalidClientMetadata};
