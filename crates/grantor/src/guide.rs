//! The guides: the pages of the repository's folder `docs`.
//!
//! | page | for |
//! |---|---|
//! | [`client`] | calling APIs, task by task |
//! | [`mcp`] | the Model Context Protocol: an authorization server for an MCP server, and an MCP client |
//! | [`resource`] | protecting an API, task by task |
//! | [`server`] | issuing tokens, task by task; running `grantor serve` |
//! | [`coming_from`] | examples of other libraries, beside the same in grantor |
//! | [`command_line`] | the command `grantor`: commands, exit codes, JSON |
//! | [`configuration`] | the settings of `grantor serve` |
//! | [`stores`] | which database for what, and what each promises |

// The first definition of a link wins, so each page's own links lead to files on the forge, and to
// modules here.

#[doc = "[own store]: crate::guide::coming_from::alf#a-storage-of-your-own\n\
         [An MCP client]: crate::guide::mcp#an-mcp-client\n\n"]
#[doc = include_str!("../docs/client.md")]
pub mod client {}

#[doc = "[configuration]: crate::guide::configuration\n\
         [grant types]: crate::guide::configuration#grant-types\n\
         [guide to the server]: crate::guide::server#backup-and-restore\n\n"]
#[doc = include_str!("../docs/command-line.md")]
pub mod command_line {}

#[doc = "[guide to the server]: crate::guide::server#backup-and-restore\n\
         [page on stores]: crate::guide::stores\n\n"]
#[doc = include_str!("../docs/configuration.md")]
pub mod configuration {}

#[doc = "[running it]: crate::guide::server#running-grantor-serve\n\
         [configuration]: crate::guide::configuration\n\n"]
#[doc = include_str!("../docs/mcp.md")]
pub mod mcp {}

#[doc = "[guide to the server]: crate::guide::server\n\n"]
#[doc = include_str!("../docs/resource.md")]
pub mod resource {}

#[doc = "[MCP]: crate::guide::mcp\n\
         [Settings]: crate::guide::configuration\n\
         [commands]: crate::guide::command_line\n\
         [guide to APIs]: crate::guide::resource\n\
         [page on clusters]: crate::guide::clusters\n\
         [page on stores]: crate::guide::stores\n\
         [python-oauth2]: crate::guide::coming_from::python_oauth2\n\n"]
#[doc = include_str!("../docs/server.md")]
pub mod server {}

#[doc = "[which one]: crate::guide::stores\n\n"]
#[doc = include_str!("../docs/clusters.md")]
pub mod clusters {}

#[doc = "[configuration]: crate::guide::configuration#stores\n\
         [page on clusters]: crate::guide::clusters\n\n"]
#[doc = include_str!("../docs/stores.md")]
pub mod stores {}

pub mod coming_from {
    //! Examples of other libraries' documentation, beside the same in grantor.

    #[doc = include_str!("../docs/coming-from/alf.md")]
    pub mod alf {}

    #[doc = "[alf]: crate::guide::coming_from::alf\n\
             [a session]: crate::guide::coming_from::alf#a-session\n\
             [a storage of your own]: crate::guide::coming_from::alf#a-storage-of-your-own\n\n"]
    #[doc = include_str!("../docs/coming-from/alf-auth0.md")]
    pub mod alf_auth0 {}

    #[doc = "[code]: crate::guide::coming_from::oauth2_rs#a-code-with-pkce\n\n"]
    #[doc = include_str!("../docs/coming-from/authlib.md")]
    pub mod authlib {}

    #[doc = include_str!("../docs/coming-from/httpx-oauth2.md")]
    pub mod httpx_oauth2 {}

    #[doc = include_str!("../docs/coming-from/python-oauth2.md")]
    pub mod python_oauth2 {}

    #[doc = "[kept]: crate::guide::client#where-tokens-are-kept\n\n"]
    #[doc = include_str!("../docs/coming-from/oauth2-rs.md")]
    pub mod oauth2_rs {}
}
