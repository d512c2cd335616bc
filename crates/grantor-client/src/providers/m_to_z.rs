//! Providers from M to Z.

use super::pkce::Pkce;
use super::provider::{Provider, Source};
use super::quirks::{COMMAS, FORM_WITH_EXPIRES, JSON_REQUESTS, SLACK_AUTHED_USER, SLACK_BOT};
use super::rows;

const LISTED_AND_PUBLISHED: &[Source] = &[Source::GoOauth2, Source::Metadata];
const LISTED_AND_DOCUMENTED: &[Source] = &[Source::GoOauth2, Source::Documentation];

rows! {
    M_TO_Z:
    /// Mail.ru.
    MAIL_RU = Provider::listed("Mail.ru",
        "https://o2.mail.ru/login", "https://o2.mail.ru/token");
    /// Mailchimp, whose tokens do not end: it writes 0 as their lifetime.
    MAILCHIMP = Provider::listed("Mailchimp",
        "https://login.mailchimp.com/oauth2/authorize", "https://login.mailchimp.com/oauth2/token")
        .with_sources(&[Source::GoOauth2, Source::RequestsOauthlib]);
    /// MediaMath.
    MEDIAMATH = Provider::listed("MediaMath",
        "https://api.mediamath.com/oauth2/v1.0/authorize",
        "https://api.mediamath.com/oauth2/v1.0/token");
    /// MediaMath's sandbox.
    MEDIAMATH_SANDBOX = Provider::listed("MediaMath sandbox",
        "https://t1sandbox.mediamath.com/oauth2/v1.0/authorize",
        "https://t1sandbox.mediamath.com/oauth2/v1.0/token");
    /// Microsoft's Live Connect; for Entra see [`microsoft`](super::microsoft).
    MICROSOFT_LIVE = Provider::listed("Microsoft Live",
        "https://login.live.com/oauth20_authorize.srf", "https://login.live.com/oauth20_token.srf");
    /// Naver.
    NAVER = Provider::listed("Naver",
        "https://nid.naver.com/oauth2/authorize", "https://nid.naver.com/oauth2/token");
    /// Nokia Health, which is [`WITHINGS`] now.
    NOKIA_HEALTH = Provider::listed("Nokia Health",
        "https://account.health.nokia.com/oauth2_user/authorize2",
        "https://account.health.nokia.com/oauth2/token");
    /// Odnoklassniki.
    ODNOKLASSNIKI = Provider::listed("Odnoklassniki",
        "https://www.odnoklassniki.ru/oauth/authorize",
        "https://api.odnoklassniki.ru/oauth/token.do");
    /// OpenStreetMap.
    OPENSTREETMAP = Provider::listed("OpenStreetMap",
        "https://www.openstreetmap.org/oauth2/authorize",
        "https://www.openstreetmap.org/oauth2/token");
    /// Patreon.
    PATREON = Provider::listed("Patreon",
        "https://www.patreon.com/oauth2/authorize", "https://www.patreon.com/api/oauth2/token");
    /// PayPal, with the endpoints of its metadata.
    PAYPAL = Provider::listed("PayPal",
        "https://www.paypal.com/signin/authorize", "https://api.paypal.com/v1/oauth2/token")
        .with_issuer("https://www.paypal.com")
        .with_revocation("https://api.paypal.com/v1/oauth2/revoke")
        .with_sources(&[Source::Metadata]);
    /// PayPal's sandbox.
    PAYPAL_SANDBOX = Provider::listed("PayPal sandbox",
        "https://www.sandbox.paypal.com/webapps/auth/protocol/openidconnect/v1/authorize",
        "https://api.sandbox.paypal.com/v1/identity/openidconnect/tokenservice");
    /// Pinterest.
    PINTEREST = Provider::listed("Pinterest",
        "https://www.pinterest.com/oauth", "https://api.pinterest.com/v5/oauth/token");
    /// Pipedrive.
    PIPEDRIVE = Provider::listed("Pipedrive",
        "https://oauth.pipedrive.com/oauth/authorize", "https://oauth.pipedrive.com/oauth/token");
    /// QQ.
    QQ = Provider::listed("QQ",
        "https://graph.qq.com/oauth2.0/authorize", "https://graph.qq.com/oauth2.0/token");
    /// Rakuten.
    RAKUTEN = Provider::listed("Rakuten",
        "https://app.rakuten.co.jp/services/authorize", "https://app.rakuten.co.jp/services/token");
    /// Slack, for the token of a bot: scopes are separated by commas, and `token_type` is `bot`. It takes
    /// PKCE with S256 ("Using PKCE" and the changelog of 30 March 2026, docs.slack.dev).
    SLACK = Provider::listed("Slack",
        "https://slack.com/oauth/v2/authorize", "https://slack.com/api/oauth.v2.access")
        .with_pkce(Pkce::S256)
        .with_quirks(SLACK_BOT)
        .with_sources(LISTED_AND_DOCUMENTED);
    /// Slack, for the token of a user, which is in `authed_user`. Its scopes are requested by
    /// the further parameter `user_scope`.
    SLACK_USER = Provider::listed("Slack user",
        "https://slack.com/oauth/v2/authorize", "https://slack.com/api/oauth.v2.access")
        .with_pkce(Pkce::S256)
        .with_quirks(SLACK_AUTHED_USER)
        .with_sources(LISTED_AND_DOCUMENTED);
    /// Splitwise.
    SPLITWISE = Provider::listed("Splitwise",
        "https://www.splitwise.com/oauth/authorize", "https://www.splitwise.com/oauth/token");
    /// Spotify.
    SPOTIFY = Provider::listed("Spotify",
        "https://accounts.spotify.com/authorize", "https://accounts.spotify.com/api/token")
        .with_issuer("https://accounts.spotify.com")
        .with_revocation("https://accounts.spotify.com/oauth2/revoke/v1")
        .with_sources(LISTED_AND_PUBLISHED);
    /// Stack Overflow, which answers with a form.
    STACK_OVERFLOW = Provider::listed("Stack Overflow",
        "https://stackoverflow.com/oauth", "https://stackoverflow.com/oauth/access_token")
        .with_quirks(FORM_WITH_EXPIRES)
        .with_sources(LISTED_AND_DOCUMENTED);
    /// Strava, which wants commas between scopes. It is not known to take PKCE: "Authentication" of
    /// developers.strava.com lists the parameters of both requests without it, and demands the
    /// client secret.
    STRAVA = Provider::listed("Strava",
        "https://www.strava.com/oauth/authorize", "https://www.strava.com/oauth/token")
        .with_quirks(COMMAS)
        .with_sources(LISTED_AND_DOCUMENTED);
    /// Twitch, whose answers have scopes as an array. Its device endpoint calls them `scopes`.
    TWITCH = Provider::listed("Twitch",
        "https://id.twitch.tv/oauth2/authorize", "https://id.twitch.tv/oauth2/token")
        .with_issuer("https://id.twitch.tv/oauth2")
        .with_device("https://id.twitch.tv/oauth2/device")
        .with_revocation("https://id.twitch.tv/oauth2/revoke")
        .with_sources(&[Source::GoOauth2, Source::Metadata, Source::Documentation]);
    /// Uber.
    UBER = Provider::listed("Uber",
        "https://login.uber.com/oauth/v2/authorize", "https://login.uber.com/oauth/v2/token");
    /// VK.
    VK = Provider::listed("VK",
        "https://oauth.vk.com/authorize", "https://oauth.vk.com/access_token");
    /// Weibo, whose answers lack `token_type`.
    WEIBO = Provider::listed("Weibo",
        "https://api.weibo.com/oauth2/authorize", "https://api.weibo.com/oauth2/access_token")
        .with_query_parameter("access_token")
        .with_sources(&[Source::RequestsOauthlib, Source::Documentation]);
    /// Withings.
    WITHINGS = Provider::listed("Withings",
        "https://account.withings.com/oauth2_user/authorize2",
        "https://account.withings.com/oauth2/token");
    /// Wix, which wants token requests as JSON.
    WIX = Provider::listed("Wix",
        "https://www.wix.com/installer/install", "https://www.wixapis.com/oauth2/token")
        .with_quirks(JSON_REQUESTS)
        .with_sources(&[Source::RequestsOauthlib, Source::Documentation]);
    /// X. It takes PKCE with S256 ("OAuth 2.0 Authorization Code Flow with PKCE", docs.x.com).
    X = Provider::listed("X",
        "https://x.com/i/oauth2/authorize", "https://api.x.com/2/oauth2/token")
        .with_pkce(Pkce::S256)
        .with_sources(LISTED_AND_DOCUMENTED);
    /// Yahoo.
    YAHOO = Provider::listed("Yahoo",
        "https://api.login.yahoo.com/oauth2/request_auth",
        "https://api.login.yahoo.com/oauth2/get_token")
        .with_issuer("https://api.login.yahoo.com")
        .with_revocation("https://api.login.yahoo.com/oauth2/revoke")
        .with_introspection("https://api.login.yahoo.com/oauth2/introspect")
        .with_sources(LISTED_AND_PUBLISHED);
    /// Yandex.
    YANDEX = Provider::listed("Yandex",
        "https://oauth.yandex.com/authorize", "https://oauth.yandex.com/token");
    /// Zoom.
    ZOOM = Provider::listed("Zoom",
        "https://zoom.us/oauth/authorize", "https://zoom.us/oauth/token");
}
