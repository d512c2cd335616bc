//! The store of settings in which a cluster's primary has its lock.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use crate::machines::Place;
use crate::process::{Process, find};
use crate::{Error, free_port};

/// Starts etcd with its data in `folder`. The process, and its port.
///
/// # Errors
/// It is not installed, or does not start; then the message has its log.
pub(crate) fn start(place: &Place, folder: &Path) -> Result<(Process, u16), Error> {
    let program = find("etcd", &[]).ok_or_else(|| Error::not_installed("etcd"))?;
    let (port, peers) = (free_port()?, free_port()?);
    let url = |port: u16| format!("http://{}:{port}", place.address);
    let data = folder.join("etcd");
    let arguments = [
        "--data-dir".into(),
        data.into_os_string(),
        "--listen-client-urls".into(),
        url(port).into(),
        "--advertise-client-urls".into(),
        url(port).into(),
        "--listen-peer-urls".into(),
        url(peers).into(),
        "--initial-advertise-peer-urls".into(),
        url(peers).into(),
        "--initial-cluster".into(),
        format!("default={}", url(peers)).into(),
        "--unsafe-no-fsync".into(),
    ];
    let arguments: Vec<OsString> = arguments.into();
    let log = folder.join("etcd.log");
    let mut etcd = Process::start_at(place, program.as_os_str(), &arguments, Signal::KILL, &log)?;
    etcd.wait_until(&log, || is_healthy(place, port).is_some())?;
    Ok((etcd, port))
}

fn is_healthy(place: &Place, port: u16) -> Option<()> {
    let mut stream = TcpStream::connect((place.address, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.contains("\"health\":\"true\"").then_some(())
}
