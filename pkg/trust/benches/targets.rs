//! How long a repository of many targets takes, from the inputs to the archive, and how large that
//! is: `cargo bench -p scaffolding-trust`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench, run by hand"
)]

use std::time::{Duration, Instant};

use jiff::Timestamp;
use keys::{Kind, PrivateKey};
use scaffolding_trust::{Inputs, Policy, State, Urls};
use tuf::{Keys, Roles, Versions};

fn main() {
    for count in [10, 100, 1_000, 2_000] {
        let inputs = inputs(count);
        let start = Instant::now();
        let mut keys = Keys::default();
        keys.complete();
        let state = State {
            keys,
            published: Versions::default(),
            repository: None,
            withdrawn: [].into(),
        };
        let repository = state.next(Some(&inputs), &policy(), Timestamp::now());
        let archive = repository.unwrap().unwrap().to_archive();
        let took = start.elapsed().as_secs_f64();
        match archive {
            Ok(archive) => println!("{count} targets: {took:.3} s, {} bytes", archive.len()),
            Err(error) => println!("{count} targets: {took:.3} s, {error}"),
        }
    }
}

/// Two targets are the trusted root and the signing config, the others keys.
fn inputs(targets: usize) -> Inputs {
    let key = |_| PrivateKey::generate(Kind::EcdsaP256).public_key().clone();
    Inputs {
        fulcio: vec![],
        rekor: (2..targets).map(key).collect(),
        rekor_tiles: vec![],
        ctlog_tiles: vec![],
        ctlog: vec![],
        tsa: vec![],
        urls: Urls {
            fulcio: "http://fulcio.fulcio-system.svc".into(),
            rekor: "http://rekor.rekor-system.svc".into(),
            ctlog: "http://ctlog.ctlog-system.svc".into(),
            tsa: "http://tsa.tsa-system.svc".into(),
            issuer: "https://kubernetes.default.svc".into(),
        },
        valid_from: Timestamp::UNIX_EPOCH,
        metadata_targets: true,
        signing_config: true,
    }
}

fn policy() -> Policy {
    let year = Duration::from_secs(365 * 24 * 3600);
    Policy {
        lifetimes: Roles {
            root: year,
            snapshot: year,
            targets: year,
            timestamp: year,
        },
        ..Policy::default()
    }
}
