//! Inputs as files: a mounted Secret, or a folder on a laptop.
//!
//! A file's name tells what it holds, as with the original: `fulcio`, `rekor`, `ctfe` or `tsa` is
//! part of it. A chain is one file, or `<target>_root.crt.pem`, `<target>_intermediate_N.crt.pem`
//! and `<target>_leaf.crt.pem`, where another `<target>`, such as `fulcio_2027`, is another chain.
//! As in the public good's repository, it may also be `fulcio_intermediate_v1.crt.pem` with the
//! root certificate `fulcio_v1.crt.pem`.
//!
//! A log with tiles has `tiles` in its name too, and its origin in a file of its own: the key in
//! `rekor-tiles.pub` goes with `rekor-tiles.origin`.
//!
//! Several files of a part are several keys or chains if each is called `<target>` and an ending of
//! [`ENDINGS`]; otherwise one of them may be a leftover. Folders don't count, nor names that begin
//! with a dot, nor the [`OTHERS`] that such a repository has.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use refusal::{Object, Refusal};
use trust::{SIGNING_CONFIG, TRUSTED_ROOT};

use crate::parts::{Input, Parts};

/// What is in `folder`. Of each part for which a Secret is named there has to be something.
///
/// # Errors
///
/// What is missing is named, all of it. A [`Refusal`] of a file whose name says nothing.
pub(crate) fn read(folder: &Path, secrets: &Parts<Vec<&str>>) -> Result<Parts<Vec<Input>>> {
    let reading = || format!("reading {}", folder.display());
    let mut files = BTreeMap::new();
    for file in fs::read_dir(folder).with_context(reading)? {
        let name = file.with_context(reading)?.file_name();
        let name = name.to_string_lossy().into_owned();
        let path = folder.join(&name);
        // Kubernetes' own links begin with two dots.
        let counts = !name.starts_with('.') && !OTHERS.contains(&name.as_str());
        let reading = || format!("reading {}", path.display());
        if counts && fs::metadata(&path).with_context(reading)?.is_file() {
            let pem = fs::read(&path).with_context(reading)?;
            files.insert(name, pem);
        }
    }
    let parts = sorted(folder, files)?;
    let missing: Vec<_> = [
        ("fulcio", &secrets.fulcio, &parts.fulcio),
        ("rekor", &secrets.rekor, &parts.rekor),
        ("rekor-tiles", &secrets.rekor_tiles, &parts.rekor_tiles),
        ("ctfe", &secrets.ctlog, &parts.ctlog),
        ("ctfe-tiles", &secrets.ctlog_tiles, &parts.ctlog_tiles),
        ("tsa", &secrets.tsa, &parts.tsa),
    ]
    .into_iter()
    .filter(|(_, wanted, found)| !wanted.is_empty() && found.is_empty())
    .map(|(part, ..)| part)
    .collect();
    if !missing.is_empty() {
        bail!(
            "{} has no file named after {} yet (for a stack without one, name no Secret of it)",
            folder.display(),
            missing.join(", ")
        );
    }
    Ok(parts)
}

/// Each file with the others of its chain.
fn sorted(folder: &Path, files: BTreeMap<String, Vec<u8>>) -> Result<Parts<Vec<Input>>, Refusal> {
    let mut sorted: Parts<Vec<File>> = Parts::default();
    for (name, pem) in files {
        let about = name.to_ascii_lowercase();
        let has_tiles = about.contains("tiles");
        // In the original's order.
        let (files, is_chain) = match () {
            () if about.contains("fulcio") => (&mut sorted.fulcio, true),
            () if about.contains("rekor") && has_tiles => (&mut sorted.rekor_tiles, false),
            () if about.contains("rekor") => (&mut sorted.rekor, false),
            () if about.contains("ctfe") && has_tiles => (&mut sorted.ctlog_tiles, false),
            () if about.contains("ctfe") => (&mut sorted.ctlog, false),
            () if about.contains("tsa") => (&mut sorted.tsa, true),
            () => {
                return Err(Refusal::new(
                    folder.join(&name).display().to_string(),
                    "isn't named after what it holds",
                    "put fulcio, rekor, ctfe or tsa into its name, or remove it",
                ));
            }
        };
        files.push(File {
            piece: is_chain.then(|| piece(&name)).flatten(),
            name,
            pem,
        });
    }
    Ok(Parts {
        fulcio: inputs(folder, sorted.fulcio)?,
        rekor: logs(folder, sorted.rekor)?,
        rekor_tiles: logs(folder, sorted.rekor_tiles)?,
        ctlog: logs(folder, sorted.ctlog)?,
        ctlog_tiles: logs(folder, sorted.ctlog_tiles)?,
        tsa: inputs(folder, sorted.tsa)?,
    })
}

struct File {
    name: String,
    pem: Vec<u8>,
    /// What it is a piece of, if it holds one certificate of a chain.
    piece: Option<Piece>,
}

/// A certificate's place.
struct Piece {
    target: String,
    /// Whether the root certificate is in a file that is called like a whole chain.
    has_whole: bool,
}

impl File {
    /// The target that it is, or is a piece of.
    fn target(&self) -> Option<&str> {
        match &self.piece {
            Some(piece) => Some(&piece.target),
            None => target(&self.name),
        }
    }
}

/// The keys that the `files` of one part are, each with its origin if that is there.
fn logs(folder: &Path, mut files: Vec<File>) -> Result<Vec<Input>, Refusal> {
    let origins: Vec<_> = files
        .extract_if(.., |file| file.name.ends_with(ORIGIN))
        .collect();
    let targets: Vec<_> = files
        .iter()
        .map(|file| file.target().map(str::to_owned))
        .collect();
    let mut logs = inputs(folder, files)?;
    for File { name, pem, .. } in origins {
        let object: Object = folder.join(&name).display().to_string().into();
        let target = name.strip_suffix(ORIGIN).map(str::to_owned);
        let log = targets.iter().position(|other| *other == target);
        match log.and_then(|log| logs.get_mut(log)) {
            Some(log) => log.origin = Some((object, pem)),
            None => {
                return Err(Refusal::new(
                    object,
                    "is the origin of no key that is there",
                    "put the key beside it, as in rekor-tiles.pub, or remove it",
                ));
            }
        }
    }
    Ok(logs)
}

/// The keys or chains that the `files` of one part are.
fn inputs(folder: &Path, files: Vec<File>) -> Result<Vec<Input>, Refusal> {
    // Nobody can tell what is meant by a whole one beside others, if it has no target or theirs.
    let is_unclear = |one: &File, other: &File| {
        let belongs = other.piece.as_ref().is_some_and(|piece| piece.has_whole);
        let is_same = one.target() == other.target() && !belongs;
        one.name != other.name && one.piece.is_none() && (one.target().is_none() || is_same)
    };
    for one in &files {
        if let Some(other) = files.iter().find(|other| is_unclear(one, other)) {
            return Err(ambiguous(folder, one, other));
        }
    }
    let pieces = files.iter().filter_map(|file| file.piece.as_ref());
    let pieces: BTreeSet<_> = pieces.map(|piece| piece.target.clone()).collect();
    let mut inputs = vec![];
    for file in files {
        let object: Object = folder.join(&file.name).display().to_string().into();
        let target = file.target().filter(|target| pieces.contains(*target));
        let whole = match target {
            Some(target) => format!("{}/{target}_*.crt.pem", folder.display()).into(),
            None => object.clone(),
        };
        add(&mut inputs, whole, (object, file.pem));
    }
    Ok(inputs)
}

fn ambiguous(folder: &Path, one: &File, other: &File) -> Refusal {
    let (first, second) = match one.name.len() < other.name.len() {
        true => (&one.name, &other.name),
        false => (&other.name, &one.name),
    };
    Refusal::new(
        folder.join(second).display().to_string(),
        format!("may be a leftover of {first}, or to be trusted beside it"),
        "remove the one that isn't to be trusted, or name them like rekor.pub and rekor_2027.pub",
    )
}

/// Adds a file to the input that it is part of.
fn add(inputs: &mut Vec<Input>, whole: Object, file: (Object, Vec<u8>)) {
    match inputs.iter_mut().find(|input| input.object == whole) {
        Some(input) => input.files.push(file),
        None => inputs.push(Input {
            object: whole,
            files: vec![file],
            origin: None,
        }),
    }
}

/// The target that is called so: what stands before one of the [`ENDINGS`].
fn target(file: &str) -> Option<&str> {
    let mut targets = ENDINGS
        .iter()
        .filter_map(|ending| file.strip_suffix(ending));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    targets.find(|target| target.bytes().all(plain))
}

/// What `file` is a piece of, by its name.
fn piece(file: &str) -> Option<Piece> {
    let (target, position) = file.strip_suffix(".crt.pem")?.rsplit_once('_')?;
    let has_whole = !["root", "leaf"].contains(&position) && position.parse::<u8>().is_err();
    let target = match position {
        "root" | "leaf" => target.into(),
        _ if has_whole => format!("{}_{position}", target.strip_suffix("_intermediate")?),
        _ => target.strip_suffix("_intermediate")?.into(),
    };
    Some(Piece { target, has_whole })
}

/// What the name of a whole key or chain ends with, the longest first.
const ENDINGS: [&str; 5] = [".certchain.pem", ".crt.pem", ".pub", ".pem", ".crt"];

/// What the name of an origin ends with.
const ORIGIN: &str = ".origin";

/// What else is in a repository of the public good's, and no input.
const OTHERS: [&str; 3] = ["artifact.pub", TRUSTED_ROOT, SIGNING_CONFIG];
