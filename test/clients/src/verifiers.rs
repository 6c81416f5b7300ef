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
    let Some(signed) = sign_as_servers(home)? else {
        return Ok(None);
    };
    let outcome = site.createtuf()?.run();
    ensure!(outcome.code == 0, "createtuf: {}", outcome.log);
    site.mount()?;
    let served = Served::by(site)?;
    let clients = VERIFIERS.map(|(name, _)| client(name));
    verdicts(&clients, &served, &signed, home).map(Some)
}

/// Has the servers' own code sign with the keys in the folder `home`; nothing when a server can't.
///
/// # Errors
///
/// That something else fails.
pub fn sign_as_servers(home: &Path) -> Result<Option<Signed>> {
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
    Ok(Some(Signed {
        bundle: home.join("bundle.json"),
        blob: home.join("blob"),
        issuer: ISSUER,
    }))
}

/// Why each of these clients, new to the repository, doesn't verify, if it doesn't.
///
/// # Errors
///
/// When a folder for a client can't be made in `home`.
pub fn verdicts(
    clients: &[&'static Client],
    served: &Served,
    signed: &Signed,
    home: &Path,
) -> Result<Vec<Option<String>>> {
    let queue = Mutex::new(clients.iter().enumerate());
    let verdicts = Mutex::new(vec![None; clients.len()]);
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
