//! Checkpoints and tiles: of logs made here, of every shape, and of logs that the real servers
//! wrote.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod history;
mod servers;

use std::{
    cell::Cell,
    collections::BTreeMap,
    convert::Infallible,
    pin::pin,
    task::{Context, Poll, Waker},
};

use scaffolding_checkpoint::{Checkpoint, Files, Flaw};

/// A log's files, and how often one was read.
#[derive(Default)]
struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    reads: Cell<usize>,
}

impl Files for Memory {
    type Error = Infallible;

    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Infallible> {
        self.reads.set(self.reads.get() + 1);
        Ok(self.files.get(path).cloned())
    }
}

/// Nothing here waits.
fn check(files: &Memory, older: &Checkpoint, newer: &Checkpoint) -> Result<(), Flaw<Infallible>> {
    let checked = pin!(scaffolding_checkpoint::check(files, older, newer));
    match checked.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(checked) => checked,
        Poll::Pending => panic!("it waits"),
    }
}
