//! The mounted file: it is looked at ten times a second, and read when it has changed.

use std::{
    fs, io, os::unix::fs::MetadataExt as _, path::PathBuf, sync::Arc, thread::sleep, time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::sync::watch;
use tracing::{error, info, warn};
use tuf::Repository;

use crate::{
    metrics::{Reload, Reloads},
    site::Site,
};

/// The file that may hold a repository.
pub(crate) struct Source {
    path: PathBuf,
    seen: Option<Seen>,
    served: watch::Sender<Option<Arc<Site>>>,
    reloads: Reloads,
}

/// What tells one file from another: Kubernetes replaces a mounted Secret by new files.
#[derive(PartialEq, Eq)]
enum Seen {
    File {
        inode: u64,
        length: u64,
        modified: (i64, i64),
    },
    Nothing(io::ErrorKind),
}

impl Source {
    /// Looks at the file for the first time, and serves it if it can.
    pub(crate) fn new(
        path: PathBuf,
        served: watch::Sender<Option<Arc<Site>>>,
        reloads: Reloads,
    ) -> Self {
        let mut source = Self {
            path,
            seen: None,
            served,
            reloads,
        };
        source.refresh();
        source
    }

    /// Looks at the file for ever, and serves it anew whenever it has changed.
    pub(crate) fn watch(mut self) -> ! {
        loop {
            sleep(PAUSE);
            self.refresh();
        }
    }

    /// If the file has changed: serves the repository in it, or, if it holds none, goes on with the
    /// one before.
    fn refresh(&mut self) {
        let now = self.look();
        if self.seen.as_ref() == Some(&now) {
            return;
        }
        let last = self.served.borrow().clone();
        let read = self.read();
        let result = match &read {
            Ok(_) => "ok",
            Err(_) => "failed",
        };
        // That nobody has made the Secret yet is no failure.
        if last.is_some() || matches!(now, Seen::File { .. }) {
            self.reloads.get_or_create(&Reload { result }).inc();
        }
        self.seen = Some(now);
        match read {
            Ok(repository) => {
                let tuf::Versions {
                    root, timestamp, ..
                } = repository.versions();
                info!("serving root {root}, timestamp {timestamp}");
                let site = Site::new(&repository, last.as_deref());
                self.served.send_replace(Some(Arc::new(site)));
            }
            Err(failure) if last.is_some() => {
                error!("{failure:#}: the repository from before is served on");
            }
            Err(failure) => warn!("{failure:#}: nothing to serve yet (createtuf makes it)"),
        }
    }

    fn look(&self) -> Seen {
        match fs::metadata(&self.path) {
            Ok(file) => Seen::File {
                inode: file.ino(),
                length: file.len(),
                modified: (file.mtime(), file.mtime_nsec()),
            },
            Err(error) => Seen::Nothing(error.kind()),
        }
    }

    fn read(&self) -> Result<Repository> {
        let reading = || format!("reading {}", self.path.display());
        let archive = fs::read(&self.path).with_context(reading)?;
        let repository = Repository::from_archive(&archive).with_context(reading)?;
        // Target files are also served by their SHA-256, as createtuf names them. A client that has
        // read such a name in one pod may ask for it in another, whose mounted Secret still holds
        // what the Go original made.
        Ok(repository.with_sha256_names())
    }
}

const PAUSE: Duration = Duration::from_millis(100);
