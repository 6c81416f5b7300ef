//! Inputs as files: a mounted Secret, or a folder on a laptop.
//!
//! A file's name tells what it holds, as with the original: `fulcio`, `rekor`, `ctfe` or `tsa` is
//! part of it. A chain is one file, or `<target>_root.crt.pem`, `<target>_intermediate_N.crt.pem`
//! and `<target>_leaf.crt.pem`, where another `<target>`, such as `fulcio_2027`, is another chain.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use refusal::{Object, Refusal};

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
        // Kubernetes' own links begin with two dots.
        if !name.starts_with('.') {
            let path = folder.join(&name);
            let pem = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            files.insert(name, pem);
        }
    }
    let parts = sorted(folder, files)?;
    let missing: Vec<_> = [
        ("fulcio", &secrets.fulcio, &parts.fulcio),
        ("rekor", &secrets.rekor, &parts.rekor),
        ("ctfe", &secrets.ctlog, &parts.ctlog),
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
    let mut parts = Parts::default();
    for (file, pem) in files {
        let object: Object = folder.join(&file).display().to_string().into();
        let about = file.to_ascii_lowercase();
        // In the original's order.
        let (inputs, target) = match () {
            () if about.contains("fulcio") => (&mut parts.fulcio, target(&file)),
            () if about.contains("rekor") => (&mut parts.rekor, None),
            () if about.contains("ctfe") => (&mut parts.ctlog, None),
            () if about.contains("tsa") => (&mut parts.tsa, target(&file)),
            () => {
                return Err(Refusal::new(
                    object,
                    "isn't named after what it holds",
                    "put fulcio, rekor, ctfe or tsa into its name, or remove it",
                ));
            }
        };
        let whole = match target {
            Some(target) => format!("{}/{target}_*.crt.pem", folder.display()).into(),
            None => object.clone(),
        };
        add(inputs, whole, (object, pem));
    }
    Ok(parts)
}

/// Adds a file to the input that it is part of.
fn add(inputs: &mut Vec<Input>, whole: Object, file: (Object, Vec<u8>)) {
    match inputs.iter_mut().find(|input| input.object == whole) {
        Some(input) => input.files.push(file),
        None => inputs.push(Input {
            object: whole,
            files: vec![file],
        }),
    }
}

/// The target of whose chain `file` holds one certificate.
fn target(file: &str) -> Option<&str> {
    let (target, position) = file.strip_suffix(".crt.pem")?.rsplit_once('_')?;
    match position {
        "root" | "leaf" => Some(target),
        _ if position.parse::<u8>().is_ok() => target.strip_suffix("_intermediate"),
        _ => None,
    }
}
