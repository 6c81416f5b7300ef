//! Files of the volume: opened where they are, and sent piece by piece.

use std::{
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use rustix::{
    fd::OwnedFd,
    fs::{CWD, Mode, OFlags, openat},
    io::Errno,
};

/// The folder that a log keeps its files in.
pub(crate) struct Volume(PathBuf);

impl Volume {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Whether there is a folder that can be read.
    pub(crate) fn is_there(&self) -> bool {
        self.folder().is_ok()
    }

    /// Opens a file; `None` when there is none, or no such one.
    ///
    /// No symbolic link is followed below the volume: whoever can write there is the log's server,
    /// and it must not lead anybody to what else this process may read.
    pub(crate) fn open(&self, path: &str) -> io::Result<Option<Content>> {
        match self.find(path) {
            Err(error) if Errno::from_io_error(&error).is_some_and(is_no_file) => Ok(None),
            found => found,
        }
    }

    /// The newest checkpoint; `None` when there is none, or it can't be read.
    pub(crate) fn checkpoint(&self) -> Option<String> {
        let content = self.find("checkpoint").ok()??;
        let mut text = String::new();
        let mut file = content.file.take(LONGEST_CHECKPOINT);
        file.read_to_string(&mut text).ok()?;
        Some(text)
    }

    fn find(&self, path: &str) -> io::Result<Option<Content>> {
        let mut folder = self.folder()?;
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            folder = openat(folder, part, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        }
        let file = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file: File = openat(folder, name, file, Mode::empty())?.into();
        let about = file.metadata()?;
        Ok(about.is_file().then(|| Content {
            file,
            left: about.len(),
        }))
    }

    fn folder(&self) -> io::Result<OwnedFd> {
        Ok(openat(CWD, &self.0, FOLDER, Mode::empty())?)
    }
}

/// What an open file holds, read when the client takes it: of a file of megabytes, a slow client
/// costs a piece.
pub(crate) struct Content {
    file: File,
    left: u64,
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    /// A piece. Reading it takes microseconds where the kernel has it in memory, as it has what the
    /// log wrote last.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let length = self.left.min(PIECE);
        if length == 0 {
            return Poll::Ready(None);
        }
        self.left -= length;
        let mut piece = vec![0; usize::try_from(length).expect("it is short")];
        let read = self.file.read_exact(&mut piece);
        Poll::Ready(Some(read.map(|()| Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Nothing is there, or a file where a folder should be, or a link.
fn is_no_file(error: Errno) -> bool {
    [Errno::NOENT, Errno::NOTDIR, Errno::LOOP].contains(&error)
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
const PIECE: u64 = 64 * 1024;
/// A checkpoint is some hundred bytes.
const LONGEST_CHECKPOINT: u64 = PIECE;
