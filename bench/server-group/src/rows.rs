//! The rows of the group, with their bars.

use std::cell::RefCell;

use harness::{Bars, Comparison, Cores, Group, Measured, Result, Side, median};

use crate::foreign::Foreign;
use crate::program::Program;
use crate::requests::Asked::{
    self, BoundToken, ClientCredentials, Code, Introspection, PushedRequest, Refresh,
};

/// What is compared: a row's name, our server and its requests, the other one and its own, and the most
/// that ours may cost of it.
struct Row {
    bench: &'static str,
    ours: (Program, Asked),
    beside: (Program, Asked),
    bar: Option<f64>,
}

const OPAQUE: Program = Program::ours("opaque_memory");
const GRANTS: Program = Program::ours("grants");
const BARE: (Program, Asked) = (Program::limit("bare_axum"), ClientCredentials);
const OAUTH_AS: Program = Program::peer("oauth_as_1.0.1_sha256_secret", "oauth_as");
const OAUTH_AS_ES256: Program =
    Program::peer("oauth_as_1.0.1_es256_sha256_secret", "oauth_as_es256");
const OXIDE_AUTH: Program = Program::peer("oxide_auth_0.6.1_plain_secret", "oxide_auth");
const OIDC: Program = Program::foreign(Foreign::OidcProvider);
const OIDC_ES256: Program = Program::foreign(Foreign::OidcProviderEs256);
const PYTHON_OAUTH2: Program = Program::foreign(Foreign::PythonOauth2);
const AUTHLIB: Program = Program::foreign(Foreign::Authlib);

const ROWS: [Row; 24] = [
    row("opaque_memory", (OPAQUE, ClientCredentials), BARE, None),
    same(
        "opaque_memory_beside_oauth_as",
        OPAQUE,
        OAUTH_AS,
        ClientCredentials,
        1.0,
    ),
    same(
        "opaque_memory_beside_oxide_auth",
        OPAQUE,
        OXIDE_AUTH,
        ClientCredentials,
        1.0,
    ),
    same(
        "opaque_memory_beside_oidc_provider",
        OPAQUE,
        OIDC,
        ClientCredentials,
        0.1,
    ),
    same(
        "opaque_memory_beside_python_oauth2",
        OPAQUE,
        PYTHON_OAUTH2,
        ClientCredentials,
        0.1,
    ),
    same(
        "opaque_memory_beside_authlib",
        OPAQUE,
        AUTHLIB,
        ClientCredentials,
        0.1,
    ),
    same(
        "opaque_sqlite",
        Program::ours("opaque_sqlite"),
        OPAQUE,
        ClientCredentials,
        2.0,
    ),
    bare("jwt_eddsa", "bare_eddsa"),
    bare("jwt_es256", "bare_es256"),
    bare("jwt_rs256", "bare_rs256"),
    same(
        "jwt_es256_beside_oauth_as",
        Program::ours("jwt_es256"),
        OAUTH_AS_ES256,
        ClientCredentials,
        1.0,
    ),
    same(
        "jwt_es256_beside_oidc_provider",
        Program::ours("jwt_es256"),
        OIDC_ES256,
        ClientCredentials,
        0.1,
    ),
    row(
        "introspection",
        (GRANTS, Introspection),
        (
            Program::limit("bare_introspection"),
            Asked::BareIntrospection,
        ),
        Some(1.3),
    ),
    same(
        "introspection_beside_oauth_as",
        GRANTS,
        OAUTH_AS,
        Introspection,
        1.0,
    ),
    same(
        "introspection_beside_oidc_provider",
        GRANTS,
        OIDC,
        Introspection,
        0.1,
    ),
    same(
        "introspection_beside_authlib",
        GRANTS,
        AUTHLIB,
        Introspection,
        0.1,
    ),
    row(
        "bound_token",
        (GRANTS, BoundToken),
        (Program::limit("bare_verification"), ClientCredentials),
        Some(1.3),
    ),
    same(
        "bound_token_beside_oauth_as",
        GRANTS,
        OAUTH_AS,
        BoundToken,
        1.0,
    ),
    same(
        "bound_token_beside_oidc_provider",
        GRANTS,
        OIDC,
        BoundToken,
        0.1,
    ),
    row("pushed_request", (GRANTS, PushedRequest), BARE, None),
    same(
        "pushed_request_beside_oauth_as",
        GRANTS,
        OAUTH_AS,
        PushedRequest,
        1.0,
    ),
    same(
        "pushed_request_beside_oidc_provider",
        GRANTS,
        OIDC,
        PushedRequest,
        0.1,
    ),
    row("code_exchange", (GRANTS, Code), BARE, None),
    row("refresh", (GRANTS, Refresh), BARE, None),
];

/// The requests that are counted by callgrind, in process.
const COUNTED: [&str; 5] = [
    "bound_token",
    "code_exchange",
    "introspection",
    "pushed_request",
    "refresh",
];

const fn row(
    bench: &'static str,
    ours: (Program, Asked),
    beside: (Program, Asked),
    bar: Option<f64>,
) -> Row {
    Row {
        bench,
        ours,
        beside,
        bar,
    }
}

/// Two servers and the same requests.
const fn same(bench: &'static str, ours: Program, beside: Program, asked: Asked, bar: f64) -> Row {
    row(bench, (ours, asked), (beside, asked), Some(bar))
}

/// Signed tokens beside the bare handler that signs.
const fn bare(bench: &'static str, limit: &'static str) -> Row {
    let beside = (Program::limit(limit), ClientCredentials);
    row(
        bench,
        (Program::ours(bench), ClientCredentials),
        beside,
        Some(1.15),
    )
}

pub(crate) fn measure(group: &mut Group, cores: Cores) -> Result<()> {
    let window = group.options().window;
    let mut reported = Vec::new();
    for row in ROWS {
        let (ours, beside) = (row.ours, row.beside);
        if !group.options().wants(row.bench) {
            continue;
        }
        if !beside.0.is_there() {
            continue;
        }
        let seen = [RefCell::new(Vec::new()), RefCell::new(Vec::new())];
        let measure = |(program, asked): (Program, Asked), index: usize| {
            let measured = program.measure(asked, cores, window)?;
            seen[index].borrow_mut().push(measured);
            Ok(measured.cpu)
        };
        let beside_name = name(beside);
        group.compare(Comparison {
            ours: Side {
                bench: row.bench,
                measure: &mut || measure(ours, 0),
            },
            beside: Side {
                bench: beside_name,
                measure: &mut || measure(beside, 1),
            },
            unit: "µs",
            bar: row.bar,
        })?;
        let [ours_seen, beside_seen] = seen.map(RefCell::into_inner);
        for (name, side, seen) in [
            (name(ours), ours, ours_seen),
            (beside_name, beside, beside_seen),
        ] {
            let key = (side.0.name, side.1);
            if !reported.contains(&key) {
                reported.push(key);
                report(group, name, &seen)?;
            }
        }
    }
    for bench in COUNTED {
        group.count_within(bench, &["count", bench], Bars::default())?;
    }
    Ok(())
}

/// What a server is called in rows: by itself, or with its requests if these are not token requests.
fn name((program, asked): (Program, Asked)) -> &'static str {
    match asked {
        ClientCredentials | Asked::BareIntrospection => program.name,
        _ => String::leak(format!("{}_{asked:?}", program.name)),
    }
}

/// One of the values that were measured.
type Value = fn(&Measured) -> f64;

/// The medians of all but the CPU time.
fn report(group: &mut Group, name: &str, seen: &[Measured]) -> Result<()> {
    let values: [(&str, &'static str, Value); 4] = [
        ("per_second", "1/s", |measured| measured.per_second),
        ("p50", "µs", |measured| measured.p50),
        ("p99", "µs", |measured| measured.p99),
        ("resident", "MiB", |measured| measured.resident),
    ];
    for (what, unit, value) in values {
        let values: Vec<f64> = seen.iter().map(value).collect();
        group.value(&format!("{name}_{what}"), median(&values), unit, None)?;
    }
    Ok(())
}
