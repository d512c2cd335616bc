//! The server's report about itself.

use std::collections::HashMap;

use grantor_store::{Applied, Capabilities, Durability, Error};

/// The answer to `INFO`, by name.
pub(crate) struct Information(HashMap<String, String>);

impl Information {
    pub(crate) fn parse(text: &str) -> Self {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        Self(
            lines
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
        )
    }

    /// Refuses a server that is no primary, and one of a cluster if there should be none, or the
    /// other way round.
    pub(crate) fn check(&self, cluster: bool) -> Result<(), Error> {
        match (self.is("cluster_enabled", "1"), cluster) {
            (true, false) => {
                return Err(Error::configuration(
                    "the Redis server is one of a cluster: the URL begins with redis+cluster://",
                ));
            }
            (false, true) => {
                return Err(Error::configuration(
                    "the Redis server is in no cluster: the URL begins with redis://",
                ));
            }
            _ => {}
        }
        self.check_role()
    }

    /// Refuses a server that is no primary.
    pub(crate) fn check_role(&self) -> Result<(), Error> {
        if !self.is("role", "master") {
            let message = "the Redis server is a replica: use its primary";
            return Err(Error::unavailable(message, Applied::No));
        }
        Ok(())
    }

    /// Returns whether the server may drop live records.
    pub(crate) fn may_evict(&self) -> bool {
        !self.is("maxmemory_policy", "noeviction")
    }

    /// How many replicas are connected.
    pub(crate) fn replicas(&self) -> usize {
        let found = self.0.get("connected_slaves");
        found.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Returns the promises of the server. `appendfsync` is that setting, if the server tells it.
    pub(crate) fn capabilities(
        &self,
        name: &'static str,
        appendfsync: Option<&str>,
    ) -> Capabilities {
        let durability = match (self.is("aof_enabled", "1"), appendfsync) {
            (false, _) => Durability::Memory,
            (true, Some("always")) => Durability::Disk,
            (true, _) => Durability::Process,
        };
        let mut capabilities = Capabilities::new(name).with_durability(durability).shared();
        if self.may_evict() {
            capabilities = capabilities.may_evict();
        }
        if !self.is("connected_slaves", "0") {
            capabilities = capabilities.loses_on_failover();
        }
        capabilities
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.0.get(name).is_some_and(|found| found == value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Memory\r\nmaxmemory_policy:noeviction\r\n# Persistence\r\naof_enabled:1\r\n\
                        # Replication\r\nrole:master\r\nconnected_slaves:0\r\ncluster_enabled:0\r\n";

    fn changed(from: &str, to: &str) -> Information {
        assert!(INFO.contains(from));
        Information::parse(&INFO.replace(from, to))
    }

    #[test]
    fn a_server_is_as_durable_as_its_log() {
        let durability = |information: Information, appendfsync| {
            information.capabilities("Redis", appendfsync).durability
        };
        let same = || Information::parse(INFO);
        assert_eq!(durability(same(), Some("always")), Durability::Disk);
        assert_eq!(durability(same(), Some("everysec")), Durability::Process);
        assert_eq!(durability(same(), None), Durability::Process);
        let none = changed("aof_enabled:1", "aof_enabled:0");
        assert_eq!(durability(none, Some("always")), Durability::Memory);
    }

    #[test]
    fn eviction_and_replicas_are_declared() {
        let promises = |information: Information| information.capabilities("Redis", Some("always"));
        let best = promises(Information::parse(INFO));
        assert!(!best.may_evict && !best.loses_on_failover && best.shared);
        for other in ["allkeys-lru", "volatile-ttl", ""] {
            assert!(promises(changed("noeviction", other)).may_evict);
        }
        let replicated = changed("connected_slaves:0", "connected_slaves:2");
        assert_eq!(replicated.replicas(), 2);
        assert!(promises(replicated).loses_on_failover);
        let silent = promises(Information::parse("role:master"));
        assert!(silent.may_evict && silent.loses_on_failover);
    }

    #[test]
    fn replicas_are_refused_and_clusters_where_they_are_not_expected() {
        let alone = || Information::parse(INFO);
        let cluster = || changed("cluster_enabled:0", "cluster_enabled:1");
        assert!(alone().check(false).is_ok() && cluster().check(true).is_ok());
        let replica = changed("role:master", "role:slave")
            .check(false)
            .unwrap_err();
        assert!(replica.to_string().contains("its primary"), "{replica}");
        for unexpected in [alone().check(true), cluster().check(false)] {
            assert!(unexpected.unwrap_err().is_configuration());
        }
    }
}
