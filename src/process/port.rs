//! Ports for programs that are told where to listen.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// Below are ports of well-known services.
const LOWEST: u16 = 10_240;
/// Where the system takes ports from by itself, unless it tells otherwise (RFC 6335, 6).
const EPHEMERAL: u16 = 49_152;
/// How many ports in a row are tried.
const TRIES: usize = 1_000;

/// A port that nothing listens at, on any address of this machine. The system gives it to no connection by itself, and this
/// process to no other program for as long as there are others, so that it is still free when the program comes to take it.
///
/// # Errors
/// When a thousand ports in a row are taken.
pub fn free_port() -> Result<u16> {
    static NEXT: OnceLock<AtomicUsize> = OnceLock::new();
    let (next, ports) = (NEXT.get_or_init(|| AtomicUsize::new(anywhere())), own_ports());
    for _ in 0..TRIES {
        let port = nth(&ports, next.fetch_add(1, Ordering::Relaxed));
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::environment(format!(
        "no free TCP port among {TRIES} between {} and {}",
        ports.start, ports.end
    )))
}

/// Two gates at once begin at different places.
fn anywhere() -> usize {
    usize::try_from(uuid::Uuid::new_v4().as_u128() % u128::from(u16::MAX)).unwrap_or_default()
}

fn nth(ports: &Range<u16>, n: usize) -> u16 {
    let at = u16::try_from(n % usize::from(ports.end - ports.start)).unwrap_or_default();
    ports.start + at
}

/// The ports that the system leaves alone (ip-sysctl, `ip_local_port_range`).
fn own_ports() -> Range<u16> {
    let told = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    beside(&told)
}

fn beside(told: &str) -> Range<u16> {
    let mut bounds = told.split_whitespace().map_while(|bound| bound.parse::<u16>().ok());
    let (low, high) = (bounds.next().unwrap_or(EPHEMERAL), bounds.next().unwrap_or(u16::MAX));
    let (below, above) = (LOWEST..low.max(LOWEST), high.saturating_add(1)..u16::MAX);
    let larger = if below.len() >= above.len() { below } else { above };
    // A system that takes them from everywhere leaves none alone.
    if larger.len() < TRIES { LOWEST..u16::MAX } else { larger }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ports_are_taken_where_the_system_takes_none() {
        assert_eq!(beside("32768\t60999\n"), 10_240..32_768);
        assert_eq!(beside("1024 40000"), 40_001..65_535);
        assert_eq!(beside("1024 65535"), 10_240..65_535);
        assert_eq!(beside(""), 10_240..49_152);
    }

    #[test]
    fn no_port_is_given_twice() {
        let given: BTreeSet<u16> = (0..100).map(|_| free_port().unwrap()).collect();
        assert_eq!(given.len(), 100);
        assert!(given.iter().all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()));
    }
}
