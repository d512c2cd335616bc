//! Machines of a private network that can be cut off from each other: network namespaces of Linux.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::process::geteuid;

use crate::Error;
use crate::process::unprivileged;

/// Where a server runs: on this machine, at its loopback address; or on one of [`Machines`].
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) address: Ipv4Addr,
    namespace: Option<String>,
}

impl Place {
    pub(crate) fn here() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST,
            namespace: None,
        }
    }

    /// A command that runs there what comes after its arguments, without root's rights.
    pub(crate) fn unprivileged(&self, options: &[&str]) -> Command {
        let inner = unprivileged(options);
        let Some(namespace) = &self.namespace else {
            return inner;
        };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]);
        command.arg(inner.get_program()).args(inner.get_args());
        command
    }
}

/// Machines, each a network namespace, on a bridge that leads nowhere else. This process reaches all of
/// them. It needs root's rights.
pub struct Machines {
    bridge: String,
    places: Vec<Place>,
}

/// How many networks of machines this process has made.
static MADE: AtomicU8 = AtomicU8::new(0);

impl Machines {
    /// Makes so many.
    ///
    /// # Errors
    /// The process is not root's, or may not make namespaces.
    pub fn new(number: u8) -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Err(Error::new("network namespaces need root's rights"));
        }
        let id = std::process::id();
        // Names of their own, as those of earlier machines live on until their last process has ended.
        let number_before = MADE.fetch_add(1, Ordering::Relaxed);
        let bridge = format!("gt{id}x{number_before}");
        // Of the addresses for tests between networks (RFC 2544).
        let [high, low, ..] = id.to_le_bytes();
        let low = low.wrapping_add(number_before);
        let address = |last| Ipv4Addr::new(198, 18 + high % 2, low, last);
        let mut machines = Self {
            bridge: bridge.clone(),
            places: Vec::new(),
        };
        ip(&format!("link add {bridge} type bridge"))?;
        ip(&format!("addr add {}/24 dev {bridge}", address(1)))?;
        ip(&format!("link set {bridge} up"))?;
        for machine in 0..number {
            let (name, own) = (format!("{bridge}m{machine}"), address(machine + 2));
            ip(&format!("netns add {name}"))?;
            machines.places.push(Place {
                address: own,
                namespace: Some(name.clone()),
            });
            ip(&format!(
                "link add {bridge}v{machine} type veth peer name eth0 netns {name}"
            ))?;
            ip(&format!("link set {bridge}v{machine} master {bridge} up"))?;
            for inside in ["link set lo up", "link set eth0 up"] {
                ip(&format!("-n {name} {inside}"))?;
            }
            ip(&format!("-n {name} addr add {own}/24 dev eth0"))?;
        }
        Ok(machines)
    }

    pub(crate) fn place(&self, machine: usize) -> Place {
        self.places[machine].clone()
    }

    /// Cuts the connections between one machine and all others. This process still reaches it.
    ///
    /// # Errors
    /// The system refuses.
    pub fn cut_off(&self, machine: usize) -> Result<(), Error> {
        self.for_each_other(machine, "add")
    }

    /// Mends what [`cut_off`](Self::cut_off) cut.
    ///
    /// # Errors
    /// The system refuses.
    pub fn mend(&self, machine: usize) -> Result<(), Error> {
        self.for_each_other(machine, "del")
    }

    /// Packets that are sent to an address without a way are dropped, here in both directions.
    fn for_each_other(&self, machine: usize, verb: &str) -> Result<(), Error> {
        let own = &self.places[machine];
        let others = self
            .places
            .iter()
            .filter(|other| other.address != own.address);
        for other in others {
            for (here, there) in [(own, other), (other, own)] {
                let name = here.namespace.as_deref().unwrap_or_default();
                ip(&format!(
                    "-n {name} route {verb} blackhole {}/32",
                    there.address
                ))?;
            }
        }
        Ok(())
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        for namespace in self
            .places
            .iter()
            .filter_map(|place| place.namespace.as_ref())
        {
            let _ = ip(&format!("netns del {namespace}"));
        }
        let _ = ip(&format!("link del {}", self.bridge));
    }
}

fn ip(arguments: &str) -> Result<(), Error> {
    let output = Command::new("ip").args(arguments.split(' ')).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Error::new(format!(
            "ip {arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        ))),
    }
}
