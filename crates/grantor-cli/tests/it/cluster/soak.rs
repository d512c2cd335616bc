//! Mixed traffic with faults of all kinds, in an order that is drawn.

use std::time::{Duration, Instant};

use grantor_testservers::{Network, Postgres, Proxy};

use super::load;
use super::servers::Servers;
use super::statistics::Statistics;

/// Three servers, each with a network of its own between it and the database.
struct Soak<'a> {
    statistics: &'a Statistics,
    database: Postgres,
    networks: Vec<Proxy>,
}

/// Runs until there were so many faults, and so much time is over.
pub(super) fn soak(faults: usize, time: Duration) {
    let database = Postgres::start_with(&["fsync=on"]).unwrap();
    let networks: Vec<_> = (0..3)
        .map(|_| Proxy::start(database.port()).unwrap())
        .collect();
    let urls = networks.iter().map(|proxy| database.url_at(proxy.port()));
    let mut servers = Servers::start_at(&urls.collect::<Vec<_>>().try_into().unwrap());
    let statistics = Statistics::new();
    let mut soak = Soak {
        statistics: &statistics,
        database,
        networks,
    };
    let began = Instant::now();
    load::run(&mut servers, 3, &statistics, |servers| {
        let mut done = 0;
        while done < faults || began.elapsed() < time {
            soak.one_fault(servers);
            done += 1;
            if done % 50 == 0 {
                println!("{done} faults in {:.0?}: {statistics}", began.elapsed());
            }
            statistics.assert_nothing_wrong();
        }
    });
    println!("in {:.0?}: {statistics}", began.elapsed());
    servers.assert_stateless(Postgres::PASSWORD);
}

impl Soak<'_> {
    fn one_fault(&mut self, servers: &mut Servers) {
        let [fault, place] = grantor_http::system().random_bytes::<2>();
        let place = usize::from(place) % 3;
        self.statistics.wait_for_more("refreshes", 5);
        match fault % 8 {
            0 => {
                self.statistics.count("kills of a server");
                servers.kill(place);
                self.statistics.wait_for_more("refreshes", 5);
                servers.restart(place);
            }
            1 => {
                self.statistics.count("kills of the database");
                self.database.kill();
                self.statistics.wait_for_more("unavailable", 2);
                self.database.restart().unwrap();
            }
            2 => {
                self.statistics.count("kills of a server and the database");
                servers.kill(place);
                self.database.kill();
                self.database.restart().unwrap();
                servers.restart(place);
            }
            3 => {
                self.statistics.count("broken connections");
                self.networks[place].break_connections();
            }
            4 => self.with_network(place, Network::Stalls, "stalled networks"),
            5 => self.with_network(place, Network::HoldsAnswers, "held answers"),
            6 => self.with_network(place, Network::CutsAnswers, "cut answers"),
            _ => {
                let late = Network::AnswersLate(Duration::from_millis(30));
                self.with_network(place, late, "late answers");
            }
        }
    }

    /// Lets a network be so until the other servers have done something more.
    fn with_network(&self, place: usize, network: Network, event: &'static str) {
        self.statistics.count(event);
        self.networks[place].set(network);
        self.statistics.wait_for_more("answered", 10);
        self.networks[place].set(Network::Works);
    }
}

#[test]
fn nothing_is_wrong_after_a_few_faults_of_all_kinds() {
    soak(5, Duration::ZERO);
}
