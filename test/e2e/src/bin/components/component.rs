//! A component as people use it: the block of `docs/customize.md` below the heading of its name.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use e2e::process::CHECKOUT;
use serde_json::{Value, json};
use testbed::Manifest;

/// A folder of `config/components`, or another section with a block: what people write without one.
#[derive(Debug)]
pub(crate) struct Component {
    /// The section's heading: the folder's name.
    pub(crate) name: String,
    /// What its user adds to a kustomization.
    block: Value,
    /// What its user makes: the names in the section's commands, and those that the block gives.
    pub(crate) by_hand: BTreeSet<String>,
}

impl Component {
    /// All of them, in the order of the page.
    pub(crate) fn documented() -> Result<Vec<Self>> {
        let page = fs::read_to_string(Path::new(CHECKOUT).join(PAGE)).context(PAGE)?;
        let mut folders = BTreeSet::new();
        for folder in fs::read_dir(Path::new(CHECKOUT).join(FOLDER)).context(FOLDER)? {
            folders.insert(folder?.file_name().to_string_lossy().into_owned());
        }
        let sections = page.split("\n## ").skip(1);
        let components = sections.filter_map(|section| {
            let (name, text) = section.split_once('\n')?;
            let told = folders.contains(name) || text.contains("\n```yaml\n");
            told.then(|| Self::read(name, text, folders.contains(name)))
        });
        let components = components.collect::<Result<Vec<_>>>()?;
        let told = components.iter().map(|one| &one.name);
        let told: Vec<_> = told.filter(|name| folders.contains(*name)).collect();
        ensure!(
            told.iter().copied().eq(&folders),
            "{PAGE} has sections on {told:?}, and {FOLDER} folders {folders:?}: in that order"
        );
        Ok(components)
    }

    fn read(name: &str, section: &str, folder: bool) -> Result<Self> {
        let block = section
            .split_once("\n```yaml\n")
            .and_then(|(_, block)| block.split_once("\n```\n"));
        let (block, _) = block.with_context(|| format!("{PAGE}: no block of YAML on {name}"))?;
        let blocks = Manifest::parse(Path::new(PAGE), block).map_err(anyhow::Error::msg)?;
        let [block] = &blocks[..] else {
            anyhow::bail!("{PAGE}: the block on {name} is no kustomization");
        };
        let block = block.object.clone();
        let component = format!("scaffolding/{FOLDER}/{name}");
        ensure!(
            !folder || block["components"] == json!([component]),
            "{PAGE}: the block on {name} doesn't list it"
        );
        let generators = block["configMapGenerator"].as_array().into_iter().flatten();
        let literals = generators.flat_map(|one| one["literals"].as_array().into_iter().flatten());
        let values = literals.filter_map(|one| Some(one.as_str()?.split_once('=')?.1.to_owned()));
        Ok(Self {
            name: name.into(),
            by_hand: values.chain(created(section)).collect(),
            block,
        })
    }

    /// A kustomization of a stack with some components, for a folder from which `checkout` leads to
    /// the checkout.
    pub(crate) fn kustomization(stack: &str, components: &[&Self], checkout: &str) -> String {
        let mut whole = json!({"resources": [format!("scaffolding/{stack}")]});
        for component in components {
            for (field, value) in component.block.as_object().into_iter().flatten() {
                let values = whole[field].as_array().into_iter().chain(value.as_array());
                whole[field] = values.flatten().cloned().collect();
            }
        }
        whole
            .to_string()
            .replace("\"scaffolding/", &format!("\"{checkout}/"))
    }
}

/// The names of the objects that commands `kubectl … create KIND … NAME …` make.
fn created(section: &str) -> impl Iterator<Item = String> {
    let commands = section.lines().filter(|line| line.starts_with("kubectl "));
    let named = commands.filter_map(|line| {
        let mut words = line.split_once(" create ")?.1.split(' ');
        match words.next()? {
            "secret" => words.nth(1),
            "configmap" => words.next(),
            _ => None,
        }
    });
    named.map(str::to_owned)
}

const PAGE: &str = "docs/customize.md";
const FOLDER: &str = "config/components";
