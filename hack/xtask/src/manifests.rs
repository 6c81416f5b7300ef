//! `cargo xtask resolve`: manifests that name images by digest, as `ko resolve` prints them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use oci_spec::distribution::Reference;
use regex::Regex;

use crate::{
    binaries::Workspace,
    images::{DEFAULT_TAG, Platforms, build, name, tag},
    registry::Registry,
};

/// Push the images and print the manifests with their digests
///
/// A folder with a kustomization.yaml is rendered by kubectl.
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

    /// Copy the images of others to the registry, too
    #[arg(long)]
    all: bool,

    /// Print a component for kustomize that names the images, instead of the manifests
    #[arg(long)]
    component: bool,

    /// The registry speaks plain HTTP
    #[arg(long)]
    plain_http: bool,

    #[command(flatten)]
    platforms: Platforms,
}

pub(crate) async fn resolve(options: &Options) -> Result<()> {
    let manifests = read(&options.filename)?;
    let workspace = Workspace::read()?;
    let local: Vec<_> = workspace
        .command_names()
        .into_iter()
        .map(|command| name(command, DEFAULT_TAG).whole())
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
    let registry = options.registry.connect(options.plain_http).await?;

    let mut pushed = BTreeMap::new();
    for name in others(&manifests).filter(|_| options.all) {
        let image = registry.copy(&name).await?;
        eprintln!("copied {name} to {image}");
        pushed.insert(name, image.whole());
    }
    let built = match manifests.iter().any(|(_, text)| text.contains(OURS)) {
        true => build(&workspace, &options.platforms, &options.tag)?,
        false => vec![],
    };
    for (name, image) in local.into_iter().zip(built) {
        let image = registry.push(&image).await?;
        eprintln!("pushed {image}");
        pushed.insert(name, image.whole());
    }
    let resolved = match options.component {
        true => component(&pushed)?,
        false => rewrite_all(&manifests, &pushed)?,
    };
    io::stdout()
        .write_all(resolved.as_bytes())
        .context("printing the manifests")
}

/// The manifests below `path`, in the order in which `kubectl apply -f` takes them. A folder with
/// `kustomization.yaml`, or with nothing but a `Kustomization`, is rendered, as for
/// `kubectl apply -k`, by kubectl.
fn read(path: &Path) -> Result<Vec<(PathBuf, String)>> {
    let reading = || format!("reading {}", path.display());
    if path.join("kustomization.yaml").exists() {
        return Ok(vec![(path.into(), render(path)?)]);
    }
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

/// Replaces the names of images and keeps everything else, comments too. All of this repository's
/// are known.
fn rewrite(file: &Path, text: &str, images: &BTreeMap<String, String>) -> Result<String> {
    let mut rewritten = String::new();
    let mut rest = 0;
    for found in named(text) {
        let image = match images.get(&text[found.clone()]) {
            Some(image) => image,
            None if !text[found.clone()].starts_with(OURS) => continue,
            None => {
                let line = text[..found.start].lines().count().max(1);
                let (file, name) = (file.display(), &text[found]);
                bail!("{file}:{line}: no program of cmd/ makes the image {name}")
            }
        };
        rewritten += &text[rest..found.start];
        rewritten += image;
        rest = found.end;
    }
    rewritten += &text[rest..];
    if !rewritten.ends_with('\n') {
        rewritten.push('\n');
    }
    Ok(rewritten)
}

/// Where a manifest names images: this repository's anywhere, others where a container has its own.
fn named(text: &str) -> Vec<Range<usize>> {
    let pattern = format!(
        r#"(?m)(?:^|\s)#.*$|(?P<ours>{OURS}[\w.:/@-]+)|\bimage: *['"]?(?P<image>[\w.:/@-]+)"#
    );
    let pattern = Regex::new(&pattern).expect("a regular expression");
    let found = pattern.captures_iter(text);
    let names = found.filter_map(|found| found.name("ours").or(found.name("image")));
    names.map(|name| name.range()).collect()
}

/// The images that aren't this repository's.
fn others(manifests: &[(PathBuf, String)]) -> impl Iterator<Item = String> {
    let names = manifests.iter().flat_map(|(_, text)| {
        let names = named(text).into_iter().map(|found| text[found].to_owned());
        names.collect::<Vec<_>>()
    });
    let names: BTreeSet<_> = names.filter(|name| !name.starts_with(OURS)).collect();
    names.into_iter()
}

/// A component that has kustomize name the images by their digests.
fn component(images: &BTreeMap<String, String>) -> Result<String> {
    let mut text = COMPONENT.to_owned();
    for (name, image) in images {
        let (name, image): (Reference, Reference) = (name.parse()?, image.parse()?);
        let [name, place] =
            [&name, &image].map(|it| format!("{}/{}", it.registry(), it.repository()));
        let digest = image.digest().context("an image without a digest")?;
        text += &format!("- {{name: {name}, newName: {place}, digest: {digest}}}\n");
    }
    Ok(text)
}

const OURS: &str = "localhost/scaffolding/";
const COMPONENT: &str = "# Where the images are: `cargo xtask resolve --component` wrote this.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
";

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
    fn images_of_others_are_found_where_containers_have_them_and_replaced_where_they_are_copied() {
        let text = "# image: a.example/no:1\n\
            - {name: x, image: docker.io/library/redis:7}\n\
            - image: \"b.example:5000/y@sha256:2\"\n\
            - image: localhost/scaffolding/one:dev\n";
        let manifests = [("a.yaml".into(), text.to_owned())];
        let found: Vec<_> = others(&manifests).collect();
        assert_eq!(
            found,
            ["b.example:5000/y@sha256:2", "docker.io/library/redis:7"]
        );
        let mut images = images();
        images.insert(found[1].clone(), "registry/library/redis@sha256:3".into());
        let rewritten = rewrite("a.yaml".as_ref(), text, &images).unwrap();
        assert!(rewritten.contains("{name: x, image: registry/library/redis@sha256:3}"));
        assert!(
            rewritten.contains("image: \"b.example:5000/y@sha256:2\"\n"),
            "{rewritten}"
        );
    }

    #[test]
    fn a_component_names_images_as_kustomize_does() {
        let digest = format!("sha256:{}", "1".repeat(64));
        let images = [(
            "docker.io/library/redis:7".to_owned(),
            format!("registry.example:5000/a/library/redis:7@{digest}"),
        )];
        let line = format!(
            "- {{name: docker.io/library/redis, newName: registry.example:5000/a/library/redis, \
             digest: {digest}}}\n"
        );
        let text = component(&images.into()).unwrap();
        assert_eq!(text, format!("{COMPONENT}{line}"));
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
