//! The one layer of an image: a tree of folders and files as a tar archive.
//!
//! The same files give the same bytes: sorted by path, no times, no owners but those asked
//! for, and a file's mode is 0755 or 0644.

use std::{
    collections::{BTreeMap, btree_map},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use tar::{EntryType, Header};

/// What a layer will hold, by path below the image's root.
#[derive(Default)]
pub(crate) struct Layer(BTreeMap<PathBuf, Entry>);

#[derive(PartialEq)]
enum Entry {
    Folder { mode: u32, owner: u32 },
    File(PathBuf),
}

impl Layer {
    /// Adds an empty folder whose user and group are `owner`.
    pub(crate) fn add_folder(&mut self, path: &Path, mode: u32, owner: u32) -> Result<()> {
        let path = below_root(path)?;
        self.add_parents(&path);
        self.0.insert(path, Entry::Folder { mode, owner });
        Ok(())
    }

    /// Adds a file, or a folder with all it holds; symbolic links are followed.
    pub(crate) fn add(&mut self, source: &Path, destination: &Path) -> Result<()> {
        let reading = || format!("reading {}", source.display());
        let path = below_root(destination)?;
        if fs::metadata(source).with_context(reading)?.is_dir() {
            for child in fs::read_dir(source).with_context(reading)? {
                let name = child.with_context(reading)?.file_name();
                self.add(&source.join(&name), &path.join(&name))?;
            }
            self.add_parents(&path.join("child"));
            return Ok(());
        }
        ensure!(
            path != Path::new(""),
            "{} is a file and can't be the image's root",
            source.display()
        );
        self.add_parents(&path);
        match self.0.entry(path) {
            btree_map::Entry::Vacant(free) => {
                free.insert(Entry::File(source.into()));
            }
            btree_map::Entry::Occupied(taken) if *taken.get() == Entry::File(source.into()) => {}
            btree_map::Entry::Occupied(taken) => {
                bail!("two sources for /{}", taken.key().display())
            }
        }
        Ok(())
    }

    /// Adds a program and the shared libraries that `ldd` names, at the paths that it names:
    /// the folders of the image are real ones, so it doesn't matter whether `/lib` is a link here.
    pub(crate) fn add_with_libraries(&mut self, source: &Path, destination: &Path) -> Result<()> {
        self.add(source, destination)?;
        let ldd = Command::new("ldd")
            .arg(source)
            .env("LC_ALL", "C")
            .output()
            .context("running ldd")?;
        ensure!(
            ldd.status.success(),
            "ldd {}: {}",
            source.display(),
            String::from_utf8_lossy(&ldd.stderr).trim()
        );
        for library in libraries(&String::from_utf8_lossy(&ldd.stdout)) {
            let library = library
                .with_context(|| format!("looking for the libraries of {}", source.display()))?;
            self.add(library, library)?;
        }
        Ok(())
    }

    /// The layer's bytes.
    pub(crate) fn tar(&self) -> Result<Vec<u8>> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, entry) in &self.0 {
            let mut header = Header::new_ustar();
            header.set_mtime(0);
            match entry {
                Entry::Folder { mode, owner } => {
                    header.set_entry_type(EntryType::Directory);
                    header.set_mode(*mode);
                    header.set_uid((*owner).into());
                    header.set_gid((*owner).into());
                    header.set_size(0);
                    tar.append_data(&mut header, path.join(""), &[][..])
                }
                Entry::File(source) => {
                    let reading = || format!("reading {}", source.display());
                    let content = fs::read(source).with_context(reading)?;
                    let executable = fs::metadata(source)
                        .with_context(reading)?
                        .permissions()
                        .mode()
                        & 0o111
                        != 0;
                    header.set_mode(if executable { 0o755 } else { 0o644 });
                    header.set_uid(0);
                    header.set_gid(0);
                    header.set_size(content.len() as u64);
                    tar.append_data(&mut header, path, &content[..])
                }
            }
            .with_context(|| format!("adding /{}", path.display()))?;
        }
        Ok(tar.into_inner()?)
    }

    fn add_parents(&mut self, path: &Path) {
        for parent in path
            .ancestors()
            .skip(1)
            .filter(|parent| *parent != Path::new(""))
        {
            self.0.entry(parent.into()).or_insert(Entry::Folder {
                mode: 0o755,
                owner: 0,
            });
        }
    }
}

/// `/a/./b/` as `a/b`; a path that leaves the image is refused.
fn below_root(path: &Path) -> Result<PathBuf> {
    let mut below = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => below.push(name),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => {
                bail!("{} leaves the image", path.display())
            }
        }
    }
    Ok(below)
}

/// The paths in what `ldd` prints: `name => path (address)`, or `path (address)` for the loader.
fn libraries(listing: &str) -> impl Iterator<Item = Result<&Path>> {
    listing.lines().filter_map(|line| {
        if let Some(name) = line.strip_suffix("=> not found") {
            return Some(Err(anyhow::anyhow!("{} is not found", name.trim())));
        }
        line.split_whitespace()
            .find(|word| word.starts_with('/'))
            .map(|path| Ok(Path::new(path)))
    })
}
