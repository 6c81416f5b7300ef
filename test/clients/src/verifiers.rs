//! Bundles that the servers' own code signs, and the clients that verify them.

use std::{fs, path::Path, process::Command, sync::Mutex, thread};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    Site,
    client::{CLIENTS, Client, IDENTITY, ISSUER, Served, Signed},
};

/// Those of [`CLIENTS`] that verify, and what people call them.
pub const VERIFIERS: [(&str, &str); 6] = [
    ("cosign 3", "cosign 3"),
    ("cosign 2", "cosign 2"),
    ("sigstore-go", "sigstore-go"),
    ("sigstore-python", "sigstore-python"),
    ("@sigstore/tuf", "sigstore-js"),
    ("sigstore-rust", "sigstore-rust"),
];

/// The password of the keys that the servers' code opens.
pub const PASSWORD: &[u8] = b"password";

/// Has the servers' own code sign with the keys in the folder `home`, createtuf publish what `site`
/// was told of them, and each of [`VERIFIERS`] verify. Returns why each of them doesn't, if it
/// doesn't; nothing when a server can't sign.
///
/// # Errors
///
/// That something else fails.
pub fn sign_and_verify(site: &mut Site<'_>, home: &Path) -> Result<Option<Vec<Option<String>>>> {
    let signing = Command::new("sign-as-servers")
        .arg(home)
        .env("IDENTITY", IDENTITY)
        .env("ISSUER", ISSUER)
        .output()
        .context("starting sign-as-servers")?;
    match signing.status.code() {
        Some(0) => (),
        Some(3) => return Ok(None),
        _ => bail!("{}", String::from_utf8_lossy(&signing.stderr)),
    }
    let outcome = site.createtuf()?.run();
    ensure!(outcome.code == 0, "createtuf: {}", outcome.log);
    site.mount()?;
    let served = Served::by(site)?;
    let signed = Signed {
        bundle: home.join("bundle.json"),
        blob: home.join("blob"),
    };
    verdicts(&served, &signed, home).map(Some)
}

/// Why each of [`VERIFIERS`] doesn't verify, if it doesn't.
fn verdicts(served: &Served, signed: &Signed, home: &Path) -> Result<Vec<Option<String>>> {
    let verifiers = VERIFIERS.iter().enumerate();
    let queue = Mutex::new(verifiers.map(|(number, (name, _))| (number, client(name))));
    let verdicts = Mutex::new(vec![None; VERIFIERS.len()]);
    thread::scope(|scope| -> Result<()> {
        let worker = || -> Result<()> {
            loop {
                let next = queue.lock().expect("nobody panics with it").next();
                let Some((number, client)) = next else {
                    return Ok(());
                };
                let home = home.join(number.to_string());
                fs::create_dir(&home)?;
                fs::write(home.join("root.json"), served.repository.root())?;
                if let Err(failure) = client.run(served, signed, &home) {
                    verdicts.lock().expect("nobody panics with it")[number] =
                        Some(format!("{}: {failure:#}", client.name));
                }
            }
        };
        let workers = [(); 2].map(|()| scope.spawn(worker));
        for worker in workers {
            worker.join().expect("a worker doesn't panic")?;
        }
        Ok(())
    })?;
    Ok(verdicts.into_inner().expect("nobody panics with it"))
}

fn client(name: &str) -> &'static Client {
    let found = CLIENTS.iter().find(|client| client.name == name);
    found.expect("VERIFIERS are CLIENTS")
}
