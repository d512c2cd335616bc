//! `grantor store`: records on their way from one store to another.

use std::collections::BTreeMap;
use std::process::ExitCode;

use grantor_http::system;
use grantor_store::transfer::{self, KindCounts};
use grantor_store::{Class, Notice};
use serde_json::{Map, Value, json};

use super::progress::Progress;
use crate::args::{Common, Store, Stores};
use crate::config::Config;
use crate::data;
use crate::error::{CliError, Exit};
use crate::output::Output;

mod source;

use source::Source;

pub(crate) fn run(common: &Common, store: Store, output: &Output) -> Result<ExitCode, CliError> {
    match store {
        Store::Copy(stores) => crate::block_on(copy(&stores, output)),
        Store::Verify(stores) => crate::block_on(verify(&stores, output)),
        Store::Reseal { dry_run } => crate::block_on(reseal(common, dry_run, output)),
        Store::Gc {
            dry_run,
            trust_clock,
        } => crate::block_on(collect(common, dry_run, trust_clock, output)),
    }
}

async fn copy(stores: &Stores, output: &Output) -> Result<ExitCode, CliError> {
    let source = Source::read("FROM", &stores.from)?;
    let target = Source::read("TO", &stores.to)?;
    if source.is_same_as(&target) {
        return Err(CliError::usage("FROM and TO are the same store"));
    }
    if source.may_be_written() {
        output.warning(
            "a server may be writing to FROM, or it was killed: its write-ahead log is not empty. A copy \
             lacks what is written later, so stop the server first",
        );
    }
    let from = source.open_to_read().await?;
    if from.listing().is_none() {
        // Before TO is opened, which makes a file that is not there.
        let name = from.capabilities().name;
        return Err(CliError::usage(format!(
            "FROM: {name} can't list its records, so they can't be copied"
        )));
    }
    let to = target.open().await?;
    if let Some(loss) = Class::Transition.warns(&to.capabilities()) {
        output.warning(&format!("TO: {loss}"));
    }
    let progress = Progress::new(output, "copied", &*from).await;
    let copied = transfer::copy(&*from, &*to, system().now(), |so_far| {
        progress.show(so_far.written.total() + so_far.already_there + so_far.dead);
    });
    let copied = copied.await;
    progress.end();
    let copied = copied?;
    let text = format!(
        "{} records copied{}; {} were there already, {} had expired\n\
         The master key is not copied: the new place needs the same key.",
        copied.written.total(),
        in_brackets(&copied.written),
        copied.already_there,
        copied.dead
    );
    let json = json!({
        "copied": to_json(&copied.written),
        "already_there": copied.already_there,
        "expired": copied.dead,
    });
    output.result(&text, &json)?;
    Ok(ExitCode::SUCCESS)
}

async fn verify(stores: &Stores, output: &Output) -> Result<ExitCode, CliError> {
    let from = Source::read("FROM", &stores.from)?.open_to_read().await?;
    let to = Source::read("TO", &stores.to)?.open_to_read().await?;
    let progress = Progress::new(output, "compared", &*from).await;
    let comparison =
        transfer::compare(&*from, &*to, system().now(), |so_far| progress.show(so_far)).await;
    progress.end();
    let comparison = comparison?;
    let parts = [
        ("equal", &comparison.equal),
        ("different", &comparison.different),
        ("missing", &comparison.missing),
        ("extra", &comparison.extra),
    ];
    let lines = parts.map(|(name, counts)| {
        let (total, kinds) = (counts.total(), in_brackets(counts));
        format!("{name}: {total}{kinds}")
    });
    let json: Map<String, Value> = parts
        .iter()
        .map(|(name, counts)| ((*name).to_owned(), to_json(counts)))
        .collect();
    output.result(&lines.join("\n"), &json.into())?;
    Ok(match comparison.is_equal() {
        true => ExitCode::SUCCESS,
        false => Exit::Failed.into(),
    })
}

async fn collect(
    common: &Common,
    dry_run: bool,
    trust_clock: bool,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let config = Config::for_common(common)?;
    let now = system().now();
    let stores = match dry_run {
        true => data::open_to_read(&config).await?,
        false => data::open_kept(&config).await?,
    };
    let mut dead_of_all = BTreeMap::new();
    let mut listing = Vec::new();
    for store in stores.all() {
        if store.listing().is_none() {
            let name = store.capabilities().name;
            output.note(&format!(
                "{name} can't list its records: a server removes those that have expired while it runs"
            ));
            continue;
        }
        for (kind, count) in transfer::count_dead(&**store, now).await?.iter() {
            *dead_of_all.entry(kind).or_insert(0) += count;
        }
        listing.push(store);
    }
    if !dry_run {
        if !trust_clock {
            refuse_jump(&stores).await?;
        }
        for store in listing {
            transfer::collect_dead(&**store, now).await?;
        }
    }
    let verb = if dry_run { "have expired" } else { "removed" };
    let total: u64 = dead_of_all.values().sum();
    output.result(&format!("{total} records {verb}"), &json!(dead_of_all))?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses to remove what is only dead by a clock that may be wrong.
async fn refuse_jump(stores: &grantor_store::Stores) -> Result<(), CliError> {
    let maintained = stores.maintain().await;
    if let Some(failed) = maintained.failures.into_iter().next() {
        return Err(failed.error.into());
    }
    let jump =
        |notice: &&Notice| matches!(notice, Notice::ClockJumped { from, to, .. } if to > from);
    match maintained.notices.iter().find(jump) {
        None => Ok(()),
        Some(jump) => Err(CliError::failed(jump.to_string())
            .hint("if the clock is right, give --trust-clock too; nothing was removed")),
    }
}

async fn reseal(common: &Common, dry_run: bool, output: &Output) -> Result<ExitCode, CliError> {
    let config = Config::for_common(common)?;
    let resealed = match dry_run {
        true => transfer::count_to_reseal(&data::open_to_read(&config).await?).await?,
        false => transfer::reseal(&data::open_kept(&config).await?).await?,
    };
    for kind in &resealed.unlisted {
        output.note(&format!(
            "the store of {} can't list them: keep the old key for as long as there are some from before",
            kind.name()
        ));
    }
    let verb = match dry_run {
        true => "are sealed under another key than the first one given",
        false => "sealed under the first key given",
    };
    let text = format!(
        "{} records {verb}{}; {} were under the first key before\n{} can't be opened by any of the keys{}",
        resealed.older.total(),
        in_brackets(&resealed.older),
        resealed.newest.total(),
        resealed.unreadable.total(),
        in_brackets(&resealed.unreadable),
    );
    let json = json!({
        "older": to_json(&resealed.older),
        "newest": to_json(&resealed.newest),
        "unreadable": to_json(&resealed.unreadable),
    });
    output.result(&text, &json)?;
    if resealed.has_unlisted_that_last() {
        return Err(CliError::failed(
            "the mark of the master key stays under the old key, as records that have to last can't be \
             listed: the old key is needed for as long as they are there",
        )
        .hint("keep giving both keys, or move those kinds to a store that can list them"));
    }
    Ok(match resealed.unreadable.total() {
        0 => ExitCode::SUCCESS,
        _ => Exit::Failed.into(),
    })
}

fn in_brackets(counts: &KindCounts) -> String {
    let kinds: Vec<String> = counts
        .iter()
        .map(|(kind, n)| format!("{n} {kind}"))
        .collect();
    match kinds.is_empty() {
        true => String::new(),
        false => format!(" ({})", kinds.join(", ")),
    }
}

fn to_json(counts: &KindCounts) -> Value {
    let counts = counts.iter().map(|(kind, n)| (kind.to_owned(), n.into()));
    Value::Object(counts.collect())
}
