//! Providers from A to L.

use super::pkce::Pkce;
use super::provider::{Provider, Source};
use super::quirks::{
    ALWAYS_BEARER, COMMAS_IN_ANSWERS, ERRORS_IN_A_LIST, FORM_WITH_COMMAS, FORM_WITH_EXPIRES,
};
use super::rows;

const LISTED_AND_PUBLISHED: &[Source] = &[Source::GoOauth2, Source::Metadata];
const LISTED_AND_FIXED: &[Source] = &[Source::GoOauth2, Source::RequestsOauthlib];
const LISTED_AND_DOCUMENTED: &[Source] = &[Source::GoOauth2, Source::Documentation];

rows! {
    A_TO_L:
    /// Amazon. It takes PKCE with S256 ("Authorization Code Grant" of Login with Amazon).
    AMAZON = Provider::listed("Amazon",
        "https://www.amazon.com/ap/oa", "https://api.amazon.com/auth/o2/token")
        .with_pkce(Pkce::S256)
        .with_sources(LISTED_AND_DOCUMENTED);
    /// Sign in with Apple. Its client secrets are JWTs that the client signs.
    APPLE = Provider::listed("Apple",
        "https://appleid.apple.com/auth/authorize", "https://appleid.apple.com/auth/token")
        .with_issuer("https://appleid.apple.com")
        .with_revocation("https://appleid.apple.com/auth/revoke")
        .with_sources(LISTED_AND_PUBLISHED);
    /// Asana.
    ASANA = Provider::listed("Asana",
        "https://app.asana.com/-/oauth_authorize", "https://app.asana.com/-/oauth_token");
    /// Badgr (Canvas Badges).
    BADGR = Provider::listed("Badgr",
        "https://badgr.com/auth/oauth2/authorize", "https://api.badgr.io/o/token");
    /// Battle.net, with the endpoints of its metadata.
    BATTLE_NET = Provider::listed("Battle.net",
        "https://oauth.battle.net/authorize", "https://oauth.battle.net/token")
        .with_issuer("https://oauth.battle.net")
        .with_device("https://oauth.battle.net/device/code")
        .with_revocation("https://oauth.battle.net/revoke")
        .with_introspection("https://oauth.battle.net/v2/check_token")
        .with_sources(&[Source::Metadata]);
    /// Bitbucket.
    BITBUCKET = Provider::listed("Bitbucket",
        "https://bitbucket.org/site/oauth2/authorize",
        "https://bitbucket.org/site/oauth2/access_token");
    /// CERN.
    CERN = Provider::listed("CERN",
        "https://oauth.web.cern.ch/OAuth/Authorize", "https://oauth.web.cern.ch/OAuth/Token");
    /// Coinbase.
    COINBASE = Provider::listed("Coinbase",
        "https://login.coinbase.com/oauth2/auth", "https://login.coinbase.com/oauth2/token");
    /// Discord.
    DISCORD = Provider::listed("Discord",
        "https://discord.com/oauth2/authorize", "https://discord.com/api/oauth2/token")
        .with_issuer("https://discord.com")
        .with_revocation("https://discord.com/api/oauth2/token/revoke")
        .with_sources(&[Source::GoOauth2, Source::Metadata, Source::Documentation]);
    /// Douban, whose answers lack `token_type`.
    DOUBAN = Provider::listed("Douban",
        "https://www.douban.com/service/auth2/auth", "https://www.douban.com/service/auth2/token")
        .with_query_parameter("access_token")
        .with_sources(&[Source::RequestsOauthlib, Source::Documentation]);
    /// Dropbox.
    DROPBOX = Provider::listed("Dropbox",
        "https://www.dropbox.com/oauth2/authorize", "https://api.dropboxapi.com/oauth2/token")
        .with_issuer("https://www.dropbox.com")
        .with_sources(LISTED_AND_PUBLISHED);
    /// eBay, which writes "Application Access Token" or "User Access Token" as `token_type`.
    EBAY = Provider::listed("eBay",
        "https://auth.ebay.com/oauth2/authorize", "https://api.ebay.com/identity/v1/oauth2/token")
        .with_quirks(ALWAYS_BEARER)
        .with_sources(LISTED_AND_FIXED);
    /// Facebook, version 22.0 of its API, which may answer with a form in plain text.
    FACEBOOK = Provider::listed("Facebook",
        "https://www.facebook.com/v22.0/dialog/oauth",
        "https://graph.facebook.com/v22.0/oauth/access_token")
        .with_quirks(FORM_WITH_EXPIRES)
        .with_sources(LISTED_AND_FIXED);
    /// Feishu.
    FEISHU = Provider::listed("Feishu",
        "https://accounts.feishu.cn/open-apis/authen/v1/authorize",
        "https://open.feishu.cn/open-apis/authen/v2/oauth/token");
    /// Fitbit, whose errors are in a list. It takes PKCE with S256 ("Authorization" of its Web API).
    FITBIT = Provider::listed("Fitbit",
        "https://www.fitbit.com/oauth2/authorize", "https://api.fitbit.com/oauth2/token")
        .with_pkce(Pkce::S256)
        .with_quirks(ERRORS_IN_A_LIST)
        .with_sources(&[Source::GoOauth2, Source::RequestsOauthlib, Source::Documentation]);
    /// Foursquare.
    FOURSQUARE = Provider::listed("Foursquare",
        "https://foursquare.com/oauth2/authorize", "https://foursquare.com/oauth2/access_token");
    /// GitHub, which separates scopes by commas in answers and may answer with a form. It takes PKCE
    /// with S256 alone ("PKCE support for OAuth and GitHub App authentication", its changelog of 14
    /// July 2025).
    GITHUB = Provider::listed("GitHub",
        "https://github.com/login/oauth/authorize", "https://github.com/login/oauth/access_token")
        .with_device("https://github.com/login/device/code")
        .with_pkce(Pkce::S256)
        .with_quirks(FORM_WITH_COMMAS)
        .with_sources(LISTED_AND_DOCUMENTED);
    /// GitLab.
    GITLAB = Provider::listed("GitLab",
        "https://gitlab.com/oauth/authorize", "https://gitlab.com/oauth/token")
        .with_issuer("https://gitlab.com")
        .with_device("https://gitlab.com/oauth/authorize_device")
        .with_revocation("https://gitlab.com/oauth/revoke")
        .with_introspection("https://gitlab.com/oauth/introspect")
        .with_sources(LISTED_AND_PUBLISHED);
    /// Google, with the endpoints of its metadata.
    GOOGLE = Provider::listed("Google",
        "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token")
        .with_issuer("https://accounts.google.com")
        .with_device("https://oauth2.googleapis.com/device/code")
        .with_revocation("https://oauth2.googleapis.com/revoke")
        .with_sources(LISTED_AND_PUBLISHED);
    /// Heroku.
    HEROKU = Provider::listed("Heroku",
        "https://id.heroku.com/oauth/authorize", "https://id.heroku.com/oauth/token");
    /// HipChat.
    HIPCHAT = Provider::listed("HipChat",
        "https://www.hipchat.com/users/authorize", "https://api.hipchat.com/v2/oauth/token");
    /// Instagram.
    INSTAGRAM = Provider::listed("Instagram",
        "https://api.instagram.com/oauth/authorize",
        "https://api.instagram.com/oauth/access_token")
        .with_query_parameter("access_token")
        .with_sources(LISTED_AND_FIXED);
    /// Kakao.
    KAKAO = Provider::listed("Kakao",
        "https://kauth.kakao.com/oauth/authorize", "https://kauth.kakao.com/oauth/token");
    /// Lark.
    LARK = Provider::listed("Lark",
        "https://accounts.larksuite.com/open-apis/authen/v1/authorize",
        "https://open.larksuite.com/open-apis/authen/v2/oauth/token");
    /// LINE.
    LINE = Provider::listed("LINE",
        "https://access.line.me/oauth2/v2.1/authorize", "https://api.line.me/oauth2/v2.1/token");
    /// LinkedIn, which separates scopes by commas in answers and may leave out `token_type`.
    LINKEDIN = Provider::listed("LinkedIn",
        "https://www.linkedin.com/oauth/v2/authorization",
        "https://www.linkedin.com/oauth/v2/accessToken")
        .with_quirks(COMMAS_IN_ANSWERS)
        .with_sources(&[Source::GoOauth2, Source::RequestsOauthlib, Source::Documentation]);
}
