//! The mounted file: looked at every second, read when it is another one.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use tokio::{sync::watch, time::sleep};
use tracing::{error, info, warn};
use tuf::Repository;

use crate::site::Site;

/// What is served now, if there is anything.
pub(crate) type Served = watch::Receiver<Option<Arc<Site>>>;

/// The file that may hold a repository.
pub(crate) struct Source {
    path: PathBuf,
    seen: Option<Seen>,
    served: watch::Sender<Option<Arc<Site>>>,
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
    /// Takes a first look.
    pub(crate) fn new(path: PathBuf) -> (Self, Served) {
        let (sender, served) = watch::channel(None);
        let mut source = Self {
            path,
            seen: None,
            served: sender,
        };
        source.refresh();
        (source, served)
    }

    /// Looks again and again.
    pub(crate) async fn watch(mut self) -> ! {
        loop {
            sleep(PAUSE).await;
            self.refresh();
        }
    }

    /// Serves what is in the file if that is a repository, and else what was served before.
    fn refresh(&mut self) {
        let now = Some(self.look());
        if self.seen == now {
            return;
        }
        self.seen = now;
        match self.read() {
            Ok(repository) => {
                let tuf::Versions {
                    root, timestamp, ..
                } = repository.versions();
                info!("serving root {root}, timestamp {timestamp}");
                self.served
                    .send_replace(Some(Arc::new(Site::new(&repository))));
            }
            Err(failure) if self.served.borrow().is_some() => {
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
        Repository::from_archive(&archive).with_context(reading)
    }
}

const PAUSE: Duration = Duration::from_secs(1);
