//! Reloads under load.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crate::{
    client::Client,
    repository::{Publisher, mount},
    server::Server,
};

/// What came of it.
pub(crate) struct Load {
    pub(crate) walks: u64,
    pub(crate) requests: u64,
    pub(crate) failures: Vec<String>,
}

/// Replaces the repository in `folder` `reloads` times, each time when `server` serves it, while
/// clients walk it without a pause.
pub(crate) fn reloads(
    server: &Server,
    folder: &Path,
    publisher: &mut Publisher,
    reloads: u64,
) -> Load {
    let done = AtomicBool::new(false);
    let walk = || {
        let mut client = Client::connect(server.port);
        let mut load = Load {
            walks: 0,
            requests: 0,
            failures: vec![],
        };
        while !done.load(Ordering::Relaxed) {
            match client.walk() {
                Ok(requests) => load.requests += requests,
                Err(failure) => load.failures.push(failure),
            }
            load.walks += 1;
        }
        load
    };
    thread::scope(|scope| {
        let clients = [(); CLIENTS].map(|()| scope.spawn(walk));
        for _ in 0..reloads {
            publisher.next();
            mount(folder, &publisher.archive());
            let newest = &publisher.repository().files()["timestamp.json"];
            server.until("it is served", || {
                server.get("/timestamp.json").body == *newest
            });
        }
        done.store(true, Ordering::Relaxed);
        let loads = clients.map(|client| client.join().unwrap());
        Load {
            walks: loads.iter().map(|load| load.walks).sum(),
            requests: loads.iter().map(|load| load.requests).sum(),
            failures: loads.into_iter().flat_map(|load| load.failures).collect(),
        }
    })
}

const CLIENTS: usize = 8;
