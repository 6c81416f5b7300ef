//! The log's volume, before its server starts.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use checkpoint::{Checkpoint, Files};
use contract::CHECKPOINT;
use serde::Deserialize;

use crate::{flags::Args, known::Known};

/// Checks that the volume has the tree that was recorded, and that its server will go on from
/// there.
pub(crate) async fn check(args: &Args, folder: &Path) -> Result<()> {
    let entry = |value: &Option<String>| value.clone().unwrap_or_default().into_bytes();
    let [public, origin, recorded] = [&args.public_key, &args.origin, &args.checkpoint].map(entry);
    let subject = format!("the checkpoint on the volume {}", folder.display());
    let known = Known::new(args, subject, &public, &origin, &recorded)?;
    let folder = Folder(folder.to_owned());
    folder.check()?;

    let state = state(&known, &folder)?;
    let Some(note) = folder.named(CHECKPOINT)? else {
        return match known.recorded.size == 0 && state.size == 0 && !folder.0.join("tile").exists()
        {
            true => Ok(()), // The log never began.
            false => Err(known.refuse("isn't there").into()),
        };
    };
    let newest = known.open(&note)?;
    if newest.size > state.size {
        let difference = format!(
            "is of {} entries, and its server would go on from {} (.state/treeState)",
            newest.size, state.size
        );
        return Err(known.refuse(difference).into());
    }
    known.judge(checkpoint::check(&folder, &newest, &state).await)?;
    known.confirm(&folder, &state).await
}

/// The tree that the log's server will go on from, which may be ahead of the newest checkpoint: it
/// looks at nothing else (`storage/posix/files.go` of tessera, `readTreeState`), and without this
/// file it starts anew, whatever tiles there are.
fn state(known: &Known, folder: &Folder) -> Result<Checkpoint> {
    let empty = Checkpoint::empty(known.log.origin());
    let Some(state) = folder.named(".state/treeState")? else {
        return Ok(empty);
    };
    let read = || {
        let state: TreeState = serde_json::from_slice(&state).ok()?;
        let root = BASE64_STANDARD.decode(state.root).ok()?;
        Some(Checkpoint {
            size: state.size,
            root: root.try_into().ok()?,
            ..empty
        })
    };
    let damaged = || known.refuse("has a damaged .state/treeState beside it");
    Ok(read().ok_or_else(damaged)?)
}

#[derive(Deserialize)]
struct TreeState {
    size: u64,
    root: String,
}

struct Folder(PathBuf);

impl Folder {
    /// Checks that it can be read, so that what isn't there is missing.
    fn check(&self) -> Result<()> {
        let entries = fs::read_dir(&self.0);
        let reading = || format!("reading the volume {}", self.0.display());
        entries.map(drop).with_context(reading)
    }

    fn file(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    /// As [`Folder::file`], with the path in what went wrong.
    fn named(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let reading = || format!("reading {}", self.0.join(path).display());
        self.file(path).with_context(reading)
    }
}

impl Files for Folder {
    type Error = io::Error;

    async fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        self.file(path)
    }
}
