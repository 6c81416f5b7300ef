//! A repository as a tar.gz, the form in which it is handed on.

use std::io::{Read as _, Write as _};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use tar::{Archive, Builder, EntryType, Header};

use crate::{
    Error, Files, Repository, Result,
    files::{ROOT_JSON, TARGETS_FOLDER, is_versioned_root},
};

impl Repository {
    /// The repository as a tar.gz whose members are `repository/…`. Equal repositories give
    /// equal bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] when the archive doesn't give back what was put in.
    pub fn to_archive(&self) -> Result<Vec<u8>> {
        self.read_back(packed(self.files()))
    }

    /// As [`Repository::to_archive`], if that and the newest root take no more than `limit` bytes
    /// together.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] says how many targets would fit.
    pub fn to_archive_within(&self, limit: usize) -> Result<Vec<u8>> {
        let archive = packed(self.files());
        let size = archive.len() + self.root().len();
        if size <= limit {
            return self.read_back(archive);
        }
        let mut roots = self.files().clone();
        roots.retain(|path, _| is_versioned_root(path) || path == ROOT_JSON);
        let without_targets = packed(&roots).len() + self.root().len();
        let targets = self.targets().count();
        Err(Error::TooLarge {
            targets,
            fit: targets * limit.saturating_sub(without_targets) / (size - without_targets),
            size,
            limit,
        })
    }

    /// `archive`, if it gives back what was put in.
    fn read_back(&self, archive: Vec<u8>) -> Result<Vec<u8>> {
        match Self::from_archive(&archive)? == *self {
            true => Ok(archive),
            false => Err(Error::repository(
                ARCHIVE,
                "doesn't give back what was put in",
            )),
        }
    }

    /// The repository in `archive`, verified.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] for an archive that can't be read to its end, and for what
    /// [`Repository::new`] finds.
    pub fn from_archive(archive: &[u8]) -> Result<Self> {
        Self::new(unpack(archive).map_err(|error| Error::repository(ARCHIVE, error))?)
    }

    /// Files too long for a Go program that takes a member of an archive with one `Read`: it gets
    /// at most 32 KiB.
    pub fn too_long_for_one_read(&self) -> impl Iterator<Item = &str> {
        let files = self.files().iter();
        let long = files.filter(|(_, bytes)| bytes.len() > WINDOW);
        long.map(|(path, _)| path.as_str())
    }
}

fn packed(files: &Files) -> Vec<u8> {
    pack(files).expect("memory takes what is written to it")
}

fn pack(files: &Files) -> std::io::Result<Vec<u8>> {
    let folder = member(EntryType::Directory, FOLDER, &[])?;
    let targets = format!("{FOLDER}/{}", TARGETS_FOLDER.trim_end_matches('/'));
    let mut tar = folder.clone();
    tar.extend(member(EntryType::Directory, &targets, &[])?);
    for (path, bytes) in files {
        let member = member(EntryType::Regular, &format!("{FOLDER}/{path}"), bytes)?;
        let head = member.len() - bytes.len().next_multiple_of(BLOCK);
        // A Go program that takes a member with one `Read` gets it up to the next multiple of
        // 32 KiB in the archive. Naming the folder again, which every reader skips, moves the
        // member behind that.
        while (1..=WINDOW).contains(&bytes.len()) && {
            let start = tar.len() + head;
            start / WINDOW != (start + bytes.len() - 1) / WINDOW
        } {
            tar.extend(&folder);
        }
        tar.extend(member);
    }
    tar.extend(END);
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    gzip.write_all(&tar)?;
    gzip.finish()
}

/// A member with its header; a long name has one of its own.
fn member(kind: EntryType, name: &str, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    tar.append_data(&mut header(kind, bytes.len() as u64), name, bytes)?;
    let mut tar = tar.into_inner()?;
    tar.truncate(tar.len() - END.len());
    Ok(tar)
}

fn header(kind: EntryType, length: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(length);
    header.set_mode(if kind == EntryType::Directory {
        0o755
    } else {
        0o644
    });
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn unpack(archive: &[u8]) -> std::io::Result<Files> {
    let mut tar = Vec::new();
    // gzip has its checksum at the end, so the reader goes on to there.
    GzDecoder::new(archive)
        .take(UNPACKED_LIMIT)
        .read_to_end(&mut tar)?;
    let mut files = Files::new();
    for member in Archive::new(tar.as_slice()).entries()? {
        let mut member = member?;
        if member.header().entry_type() == EntryType::Directory {
            continue;
        }
        let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        let path = name
            .strip_prefix(FOLDER)
            .and_then(|path| path.strip_prefix('/'));
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes)?;
        files.insert(path.unwrap_or(&name).to_owned(), bytes);
    }
    Ok(files)
}

/// Far more than any repository takes. An archive that unpacks to more was made to fill memory.
const UNPACKED_LIMIT: u64 = 8 * 1024 * 1024;

/// What Go's inflater hands out at once.
const WINDOW: usize = 32 * 1024;

/// A header, and what a member's length is rounded up to.
const BLOCK: usize = 512;

/// What an archive ends with.
const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

const FOLDER: &str = "repository";
const ARCHIVE: &str = "the archive";
