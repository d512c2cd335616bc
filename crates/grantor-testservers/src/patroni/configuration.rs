//! The configuration of one node of a cluster.

use std::fs;

use super::Node;
use crate::Error;
use crate::postgres::{Postgres, programs};
use crate::process::give;

impl Node {
    /// Ten seconds from the loss of a primary to the next one: the lock in etcd ends after five.
    pub(super) fn configure(&self, etcd_hosts: &str) -> Result<(), Error> {
        let (name, port, rest_port) = (&self.name, self.port, self.rest_port);
        let address = self.place.address;
        let (folder, password) = (self.folder.display(), Postgres::PASSWORD);
        let programs = programs()?;
        let programs = programs.display();
        let text = format!(
            "\
scope: grantor
name: {name}
restapi:
  listen: {address}:{rest_port}
  connect_address: {address}:{rest_port}
etcd3:
  hosts: {etcd_hosts}
bootstrap:
  dcs:
    ttl: 5
    loop_wait: 1
    retry_timeout: 2
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      parameters:
        max_connections: 100
        shared_buffers: 16MB
        wal_keep_size: 64MB
        wal_log_hints: 'on'
  initdb:
    - encoding: UTF8
    - locale: C
  pg_hba:
    - local all all scram-sha-256
    - host all all all scram-sha-256
    - host replication all all scram-sha-256
postgresql:
  listen: {address}:{port}
  connect_address: {address}:{port}
  data_dir: {folder}/data
  bin_dir: {programs}
  pgpass: {folder}/pgpass
  authentication:
    superuser:
      username: postgres
      password: {password}
    replication:
      username: replicator
      password: {password}
  parameters:
    unix_socket_directories: {folder}
"
        );
        let path = self.folder.join("patroni.yml");
        fs::write(&path, text)?;
        give(&path)
    }
}
