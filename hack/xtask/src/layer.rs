//! The one layer of an image: a tree of folders and files as a tar archive.
//!
//! The same files give the same bytes: sorted by path, no times, no owners but those asked
//! for, and a file's mode is 0755 or 0644.

use std::{
    collections::BTreeMap,
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
        self.make_folder(&path)?;
        self.0.insert(path, Entry::Folder { mode, owner });
        Ok(())
    }

    /// Adds a file, or a folder with all it holds; symbolic links are followed.
    pub(crate) fn add(&mut self, source: &Path, destination: &Path) -> Result<()> {
        let reading = || format!("reading {}", source.display());
        let path = below_root(destination)?;
        let metadata = fs::metadata(source).with_context(reading)?;
        if metadata.is_dir() {
            self.make_folder(&path)?;
            for child in fs::read_dir(source).with_context(reading)? {
                let name = child.with_context(reading)?.file_name();
                self.add(&source.join(&name), &path.join(&name))?;
            }
            return Ok(());
        }
        ensure!(
            metadata.is_file(),
            "{} is neither a file nor a folder",
            source.display()
        );
        let folder = path
            .parent()
            .with_context(|| format!("{} can't be the image's root", source.display()))?;
        self.make_folder(folder)?;
        let file = Entry::File(source.into());
        match self.0.get(&path) {
            Some(other) if *other != file => bail!("two sources for /{}", path.display()),
            _ => self.0.insert(path, file),
        };
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

    /// Adds `path` and its parents where they aren't yet.
    fn make_folder(&mut self, path: &Path) -> Result<()> {
        for folder in path.ancestors().filter(|folder| *folder != Path::new("")) {
            let entry = self.0.entry(folder.into()).or_insert(Entry::Folder {
                mode: 0o755,
                owner: 0,
            });
            ensure!(
                matches!(entry, Entry::Folder { .. }),
                "/{} is a file and a folder",
                folder.display()
            );
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn folders_and_files_come_with_their_parents_in_order() {
        let sources = sources();
        let mut layer = Layer::default();
        layer.add_folder("/data/".as_ref(), 0o700, 65532).unwrap();
        layer.add(sources.path(), "/opt/all".as_ref()).unwrap();
        layer
            .add(&sources.path().join("program"), "data/./program".as_ref())
            .unwrap();
        let expected = [
            ("data/", 0o700, 65532),
            ("data/program", 0o755, 0),
            ("opt/", 0o755, 0),
            ("opt/all/", 0o755, 0),
            ("opt/all/inner/", 0o755, 0),
            ("opt/all/inner/text", 0o644, 0),
            ("opt/all/program", 0o755, 0),
        ];
        assert_eq!(
            listed(&layer),
            expected.map(|(path, mode, owner)| (path.to_owned(), mode, owner))
        );
    }

    #[test]
    fn the_same_files_make_the_same_layer() {
        let (first, second) = (sources(), sources());
        let mut one = Layer::default();
        one.add(&first.path().join("inner"), "b".as_ref()).unwrap();
        one.add(&first.path().join("program"), "a".as_ref())
            .unwrap();
        let mut other = Layer::default();
        other
            .add(&second.path().join("program"), "a".as_ref())
            .unwrap();
        other
            .add(&second.path().join("inner"), "b".as_ref())
            .unwrap();
        assert_eq!(one.tar().unwrap(), other.tar().unwrap());
    }

    #[test]
    fn a_program_brings_its_libraries_and_loader() {
        let program = std::env::current_exe().unwrap();
        let mut layer = Layer::default();
        layer
            .add_with_libraries(&program, "bin/test".as_ref())
            .unwrap();
        layer
            .add_with_libraries(&program, "bin/again".as_ref())
            .unwrap();
        let paths: Vec<_> = listed(&layer).into_iter().map(|(path, ..)| path).collect();
        assert!(
            paths.iter().any(|path| path.ends_with("/libc.so.6")),
            "{paths:?}"
        );
        assert!(
            paths.iter().any(|path| path.contains("/ld-linux")),
            "{paths:?}"
        );
    }

    #[test]
    fn a_missing_library_is_named() {
        let listing = "\tlibm.so.6 => /lib/libm.so.6 (0x1)\n\tlibgone.so.1 => not found\n";
        let [found, missing] = &libraries(listing).collect::<Vec<_>>()[..] else {
            panic!("two libraries")
        };
        assert_eq!(*found.as_ref().unwrap(), Path::new("/lib/libm.so.6"));
        assert_eq!(
            missing.as_ref().unwrap_err().to_string(),
            "libgone.so.1 is not found"
        );
    }

    #[test]
    fn what_cannot_be_in_an_image_is_refused() {
        let sources = sources();
        let program = &sources.path().join("program");
        let mut layer = Layer::default();
        layer.add(program, "program".as_ref()).unwrap();
        let refused = |result: Result<()>, why: &str| {
            let error = format!("{:#}", result.unwrap_err());
            assert!(error.contains(why), "{error}");
        };
        refused(
            layer.add(&sources.path().join("inner/text"), "program".as_ref()),
            "two sources for /program",
        );
        refused(layer.add(program, "a/../../b".as_ref()), "leaves the image");
        refused(
            layer.add(program, "/".as_ref()),
            "can't be the image's root",
        );
        refused(
            layer.add(program, "program/program".as_ref()),
            "/program is a file and a folder",
        );
        refused(
            layer.add("/dev/null".as_ref(), "null".as_ref()),
            "neither a file nor a folder",
        );
        refused(
            layer.add("/nowhere".as_ref(), "x".as_ref()),
            "reading /nowhere",
        );
        refused(
            layer.add_with_libraries(&sources.path().join("inner/text"), "x".as_ref()),
            "not a dynamic executable",
        );
    }

    fn sources() -> TempDir {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/text"), "text").unwrap();
        fs::write(folder.path().join("program"), "program").unwrap();
        fs::set_permissions(folder.path().join("program"), Permissions::from_mode(0o700)).unwrap();
        folder
    }

    fn listed(layer: &Layer) -> Vec<(String, u32, u64)> {
        let tar = layer.tar().unwrap();
        let listed = |entry: std::io::Result<tar::Entry<&[u8]>>| {
            let entry = entry.unwrap();
            let (header, path) = (entry.header(), entry.path().unwrap());
            (
                path.to_str().unwrap().to_owned(),
                header.mode().unwrap(),
                header.uid().unwrap(),
            )
        };
        tar::Archive::new(&tar[..])
            .entries()
            .unwrap()
            .map(listed)
            .collect()
    }
}
