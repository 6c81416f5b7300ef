//! A server's process, which nobody waits for.

use std::{fs::File, io, os::unix::process::CommandExt as _, path::Path, process::Child};

use tempfile::{NamedTempFile, TempDir};

use super::Process;

/// Processes that are killed together, by their group.
pub struct Group {
    /// The group's ID.
    pub id: i32,
    /// A file that is open as long as one of them runs.
    pub held: File,
}

/// A process that was started, and writes its log into a file. It is killed when this is dropped.
pub struct Serving {
    child: Child,
    _files: (Option<NamedTempFile>, Vec<TempDir>),
}

impl Process<'_> {
    /// Makes it one of a group.
    ///
    /// # Errors
    ///
    /// When there are too many open files.
    pub fn within(mut self, group: &Group) -> io::Result<Self> {
        self.command.process_group(group.id);
        self.stdin = group.held.try_clone()?.into();
        Ok(self)
    }

    /// Makes a folder the one that it is in, and its home.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder).env("HOME", folder);
        self
    }

    /// Starts it with a file for its log.
    ///
    /// # Errors
    ///
    /// When that file can't be written, or the binary not be started.
    pub fn serve(mut self, log: &Path) -> io::Result<Serving> {
        let log = File::create(log)?;
        let child = self.spawn([log.try_clone()?.into(), log.into()])?;
        Ok(Serving {
            child,
            _files: (self.kubeconfig, self.folders),
        })
    }
}

impl Serving {
    /// Its exit code, if it has ended; none of its own if it was killed.
    pub fn ended(&mut self) -> Option<Option<i32>> {
        let status = self.child.try_wait().ok().flatten();
        status.map(|status| status.code())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // One that is gone already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
