//! sigstore-rust as a client of the repository. It keeps what it knows in ./cache.

use std::{env, fs};

use anyhow::{Context as _, Result};
use sigstore_trust_root::{TrustedRoot, TufConfig};
use sigstore_verify::{VerificationPolicy, types::Bundle, verify};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let url = env::args().nth(1).context("usage: sigstore-rust URL")?;
    let config = TufConfig::custom_from_file(url, "root.json")?.with_cache_dir("cache".into());
    let trusted_root = TrustedRoot::from_tuf(config).await?;
    fs::copy("cache/targets/trusted_root.json", "trusted_root.json")?;

    let bundle = Bundle::from_json(&fs::read_to_string(env::var("BUNDLE")?)?)?;
    let blob = fs::read(env::var("BLOB")?)?;
    let policy = VerificationPolicy::any_identity()
        .require_identity(env::var("IDENTITY")?)
        .require_issuer(env::var("ISSUER")?);
    verify(&blob, &bundle, &policy, &trusted_root)?;
    Ok(())
}
