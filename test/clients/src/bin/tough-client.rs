//! tough as a client of the repository. It keeps what it knows in ./cache.

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result};
use tough::{RepositoryLoader, TargetName};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let url = env::args().nth(1).context("usage: tough-client URL")?;
    fs::create_dir_all("cache")?;
    let root = fs::read("root.json")?;
    let [metadata, targets] = [format!("{url}/"), format!("{url}/targets/")];
    let repository = RepositoryLoader::new(&root, metadata.parse()?, targets.parse()?)
        .datastore("cache")
        .load()
        .await?;
    let name = TargetName::new("trusted_root.json")?;
    repository
        .save_target(&name, Path::new("."), tough::Prefix::None)
        .await?;
    Ok(())
}
