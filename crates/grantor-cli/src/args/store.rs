//! Moving records between stores.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// Copy all records from one store to another
    ///
    /// Stop the servers first. A copy that was interrupted goes on when the command is given again.
    /// Records that are sealed stay sealed, so the new place needs the same master key and the same
    /// namespace. Expired records are left out.
    Copy(Stores),
    /// Compare the records of two stores
    Verify(Stores),
    /// Seal records under the first of the master keys given, while servers run
    ///
    /// GRANTOR_MASTER_KEY, or master.key in the data folder, has the new key first and the old one after
    /// it. Give all servers both, in this order, before.
    Reseal {
        /// Only count them
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove expired records from the configured store; a server that runs does so by itself
    Gc {
        /// Only count them
        #[arg(long)]
        dry_run: bool,
        /// The clock of this machine is right, however long the store was not used
        #[arg(long)]
        trust_clock: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Stores {
    /// The store to read, as sqlite:grantor-data/grantor.db or postgres://HOST/DATABASE; env:NAME takes
    /// the URL from a variable, which may have a password in it
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// The other store, in the same words
    #[arg(value_name = "TO")]
    pub(crate) to: String,
}
