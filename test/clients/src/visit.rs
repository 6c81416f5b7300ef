//! The ways in which each client comes to a repository.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clients::client::{CLIENTS, Client, ISSUER, Served, Signed};

use crate::state::signed;

/// What a client did in one of the ways that it can come to the repository.
pub(crate) struct Visit {
    pub(crate) from: &'static str,
    pub(crate) failure: Option<String>,
    pub(crate) time: Duration,
}

/// Every client comes to the repository in every way that it can: new, with the newest root and
/// with the first; as it was after its visit before; and as it was when it first came. Returns the
/// visits in the order of [`CLIENTS`].
///
/// At its first visit a client is new, whatever it is called.
pub(crate) fn visit_all(served: &Served, folder: &Path) -> Result<Vec<Vec<Visit>>> {
    let repository = &served.repository;
    each(|client| {
        let home = folder.join(client.name.replace('/', "-"));
        let [new, kept, first] = ["new", "kept", "first"].map(|name| home.join(name));
        let visit = |from, home: &Path| {
            let start = Instant::now();
            let failure = client.run(served, &recorded(), home).err();
            Visit {
                from,
                failure: failure.map(|error| format!("{error:#}")),
                time: start.elapsed(),
            }
        };
        let fresh = |from, root: &[u8]| -> Result<Visit> {
            remove(&new)?;
            fs::create_dir_all(&new)?;
            fs::write(new.join("root.json"), root)?;
            Ok(visit(from, &new))
        };
        let newest = fresh("fresh", repository.root())?;
        if !kept.exists() {
            copy(&new, &kept)?;
            copy(&new, &first)?;
        }
        let root_1 = fresh("from root 1", &repository.files()["1.root.json"])?;
        let from_kept = visit("cached", &kept);
        remove(&new)?;
        copy(&first, &new)?;
        Ok(vec![
            newest,
            root_1,
            from_kept,
            visit("cached at first", &new),
        ])
    })
}

/// Every client comes to another repository at the same address, where it must trust nothing.
pub(crate) fn refuse_all(served: &Served, folder: &Path) -> Result<Vec<Vec<Visit>>> {
    each(|client| {
        let home = folder.join(client.name.replace('/', "-")).join("kept");
        let start = Instant::now();
        let failure = match client.run(served, &recorded(), &home) {
            Ok(()) => Some("it trusts another repository".to_owned()),
            Err(_) => None,
        };
        Ok(vec![Visit {
            from: "cached",
            failure,
            time: start.elapsed(),
        }])
    })
}

/// Calls `work` with every client, as many at once as there are processors.
fn each(work: impl Fn(&Client) -> Result<Vec<Visit>> + Sync) -> Result<Vec<Vec<Visit>>> {
    let queue = Mutex::new(CLIENTS.iter().enumerate());
    let done = Mutex::new(vec![]);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("nobody panics with it").next();
                    let Some((position, client)) = next else {
                        return;
                    };
                    let visits = work(client).with_context(|| client.name);
                    done.lock()
                        .expect("nobody panics with it")
                        .push((position, visits));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("nobody panics with it");
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, visits)| visits).collect()
}

/// What is in `test/data/signed`.
fn recorded() -> Signed {
    Signed {
        bundle: signed("bundle.json").into(),
        blob: signed("blob").into(),
        issuer: ISSUER,
    }
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status();
    ensure!(
        status.context("starting cp")?.success(),
        "can't copy {}",
        from.display()
    );
    Ok(())
}
