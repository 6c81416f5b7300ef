//! Ports of loopback that nobody else takes meanwhile.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, TcpListener},
};

/// Ports by their owners, each held until its owner's server starts.
///
/// None is one that the system hands out by itself: whoever connects to somewhere might be given
/// it while its server is down.
#[derive(Default)]
pub struct Ports {
    numbers: BTreeMap<String, u16>,
    held: BTreeMap<String, TcpListener>,
}

impl Ports {
    /// Those that were given out in the past.
    pub fn known(numbers: BTreeMap<String, u16>) -> Self {
        Self {
            numbers,
            held: BTreeMap::new(),
        }
    }

    /// All that were given out.
    pub fn numbers(&self) -> &BTreeMap<String, u16> {
        &self.numbers
    }

    /// The owner's port.
    ///
    /// # Errors
    ///
    /// That it is taken by somebody else.
    pub fn of(&mut self, owner: &str) -> Result<u16, String> {
        if let (Some(number), true) = (self.numbers.get(owner), self.held.contains_key(owner)) {
            return Ok(*number);
        }
        let (number, listener) = match self.numbers.get(owner) {
            Some(number) => {
                let listener = listen(*number).ok_or_else(|| {
                    format!("port {number} of 127.0.0.1, where {owner} was before, is taken")
                })?;
                (*number, listener)
            }
            None => unknown().ok_or("127.0.0.1 has no free port")?,
        };
        self.numbers.insert(owner.into(), number);
        self.held.insert(owner.into(), listener);
        Ok(number)
    }

    /// Lets go of the ports whose owners' names begin like this: their server starts.
    pub fn release(&mut self, owners: &str) {
        self.held.retain(|owner, _| !owner.starts_with(owners));
    }
}

fn listen(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}

/// Any that is free.
fn unknown() -> Option<(u16, TcpListener)> {
    (0..TRIES).find_map(|_| {
        let mut random = [0; 2];
        getrandom::fill(&mut random).ok()?;
        let port = FIRST + u16::from_ne_bytes(random) % COUNT;
        Some((port, listen(port)?))
    })
}

/// Below what Linux and macOS hand out, and above what services are known by.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;
const TRIES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_the_owners_again_and_a_taken_one_is_told() {
        let mut first = Ports::default();
        let number = first.of("somebody").unwrap();
        assert_eq!(first.of("somebody"), Ok(number));
        assert_ne!(first.of("another"), Ok(number));
        let mut second = Ports::known(first.numbers().clone());
        let taken = second.of("somebody").unwrap_err();
        assert!(taken.contains(&format!("port {number}")) && taken.contains("somebody"));
        first.release("some");
        assert_eq!(second.of("somebody"), Ok(number));
    }
}
