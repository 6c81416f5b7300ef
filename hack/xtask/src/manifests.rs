//! `cargo xtask resolve`: manifests that name images by digest, as `ko resolve` prints them.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use regex::Regex;

use crate::{
    binaries::Workspace,
    images::{DEFAULT_TAG, Platforms, build, name, tag},
    registry::Registry,
};

/// Push the images and print the manifests with their digests
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A manifest, or a folder of them
    #[arg(short = 'f', long, value_name = "PATH")]
    filename: PathBuf,

    /// Where to push, e.g. ghcr.io/someone/scaffolding
    #[arg(long)]
    registry: Registry,

    /// Tag of the images in the registry
    #[arg(long, default_value = DEFAULT_TAG, value_parser = tag)]
    tag: String,

    #[command(flatten)]
    platforms: Platforms,
}

pub(crate) async fn resolve(options: &Options) -> Result<()> {
    let manifests = read(&options.filename)?;
    let workspace = Workspace::read()?;
    let local: Vec<_> = workspace
        .commands()
        .iter()
        .map(|command| name(&command.name, DEFAULT_TAG).whole())
        .collect();
    // A name that nobody makes and a registry that isn't there are found before minutes of
    // building.
    rewrite_all(
        &manifests,
        &local
            .iter()
            .map(|name| (name.clone(), name.clone()))
            .collect(),
    )?;
    let registry = options.registry.connect().await?;

    let mut pushed = BTreeMap::new();
    for (name, image) in local
        .into_iter()
        .zip(build(&workspace, &options.platforms, &options.tag)?)
    {
        let image = registry.push(&image).await?;
        eprintln!("pushed {image}");
        pushed.insert(name, image.whole());
    }
    let resolved = rewrite_all(&manifests, &pushed)?;
    io::stdout()
        .write_all(resolved.as_bytes())
        .context("printing the manifests")
}

/// The manifests below `path`, in the order in which `kubectl apply -f` takes them. A folder with
/// nothing but a `Kustomization` is rendered, as for `kubectl apply -k`, by kubectl.
fn read(path: &Path) -> Result<Vec<(PathBuf, String)>> {
    let reading = || format!("reading {}", path.display());
    let mut files = vec![path.to_owned()];
    if fs::metadata(path).with_context(reading)?.is_dir() {
        let all = fs::read_dir(path).with_context(reading)?;
        files = all
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<_>>()
            .with_context(reading)?;
        files.retain(|file| {
            file.extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml")
        });
        files.sort();
    }
    if files.is_empty() && path.join("Kustomization").exists() {
        return Ok(vec![(path.into(), render(path)?)]);
    }
    ensure!(!files.is_empty(), "no manifests in {}", path.display());
    let text = |file: PathBuf| {
        let text =
            fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        Ok((file, text))
    };
    files.into_iter().map(text).collect()
}

fn render(folder: &Path) -> Result<String> {
    let mut kubectl = Command::new("kubectl");
    let output = kubectl.arg("kustomize").arg(folder).output();
    let output = output.with_context(|| {
        let folder = folder.display();
        format!("{folder} is a Kustomization: starting kubectl, which reads those")
    })?;
    ensure!(
        output.status.success(),
        "rendering {}: {}",
        folder.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).with_context(|| format!("reading {}", folder.display()))
}

/// All manifests as one stream of documents.
fn rewrite_all(
    manifests: &[(PathBuf, String)],
    images: &BTreeMap<String, String>,
) -> Result<String> {
    let rewritten = manifests
        .iter()
        .map(|(file, text)| rewrite(file, text, images))
        .collect::<Result<Vec<_>>>()?;
    Ok(rewritten.join("---\n"))
}

/// Replaces the names of this repository's images and keeps everything else, comments too.
fn rewrite(file: &Path, text: &str, images: &BTreeMap<String, String>) -> Result<String> {
    let comment_or_name = Regex::new(r"(?m)(?:^|\s)#.*$|localhost/scaffolding/[\w.:/@-]+")
        .expect("a regular expression");
    let mut rewritten = String::new();
    let mut rest = 0;
    for found in comment_or_name
        .find_iter(text)
        .filter(|found| found.as_str().starts_with("localhost/"))
    {
        let line = text[..found.start()].lines().count().max(1);
        let image = images.get(found.as_str()).with_context(|| {
            format!(
                "{}:{line}: no program of cmd/ makes the image {}",
                file.display(),
                found.as_str()
            )
        })?;
        rewritten += &text[rest..found.start()];
        rewritten += image;
        rest = found.end();
    }
    rewritten += &text[rest..];
    if !rewritten.ends_with('\n') {
        rewritten.push('\n');
    }
    Ok(rewritten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_get_digests_and_all_else_is_kept() {
        let text = "# localhost/scaffolding/one:dev\n\
            spec:\n  \
              - image: localhost/scaffolding/one:dev # not localhost/scaffolding/one:dev\n  \
              - {image: 'localhost/scaffolding/one:dev', name: a}\n  \
              - image: ghcr.io/other/scaffolding/one:dev\n";
        let expected = "# localhost/scaffolding/one:dev\n\
            spec:\n  \
              - image: registry/one@sha256:1 # not localhost/scaffolding/one:dev\n  \
              - {image: 'registry/one@sha256:1', name: a}\n  \
              - image: ghcr.io/other/scaffolding/one:dev\n";
        assert_eq!(
            rewrite("a.yaml".as_ref(), text, &images()).unwrap(),
            expected
        );
    }

    #[test]
    fn files_are_separate_documents() {
        let manifests = [
            ("a.yaml".into(), "a: 1".into()),
            ("b.yaml".into(), "b: 2\n---\nc: 3\n".into()),
        ];
        assert_eq!(
            rewrite_all(&manifests, &images()).unwrap(),
            "a: 1\n---\nb: 2\n---\nc: 3\n"
        );
    }

    #[test]
    fn an_image_nobody_makes_is_named_with_file_and_line() {
        for name in ["two:dev", "one:v1", "one", "one:dev@sha256:1"] {
            let text = format!(
                "kind: Pod\nimage: localhost/scaffolding/one:dev\nimage: localhost/scaffolding/{name}\n"
            );
            let error = rewrite("config/a.yaml".as_ref(), &text, &images())
                .unwrap_err()
                .to_string();
            assert_eq!(
                error,
                format!(
                    "config/a.yaml:3: no program of cmd/ makes the image localhost/scaffolding/{name}"
                )
            );
        }
    }

    #[test]
    fn manifests_come_in_order_of_their_names() {
        let folder = tempfile::TempDir::new().unwrap();
        assert!(
            read(folder.path())
                .unwrap_err()
                .to_string()
                .starts_with("no manifests in")
        );
        for name in ["b.yaml", "a.yml", "c.txt"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let texts: Vec<_> = read(folder.path())
            .unwrap()
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(texts, ["a.yml", "b.yaml"]);
    }

    fn images() -> BTreeMap<String, String> {
        [(
            "localhost/scaffolding/one:dev".into(),
            "registry/one@sha256:1".into(),
        )]
        .into()
    }
}
