//! Inputs as files, and more of them than one.

use std::fs;

use sigstore_trust_root::TrustedRoot;
use tempfile::TempDir;
use testbed::material::timestamping_chain;

use super::*;

/// A timestamping chain: leaf, intermediate, root.
fn chain() -> [String; 3] {
    let chain = timestamping_chain(&material::key(), SystemTime::now(), YEAR);
    let certificates = chain.certificates().iter();
    let pem: Vec<_> = certificates.map(certs::Certificate::to_pem).collect();
    pem.try_into().unwrap()
}

pub(crate) fn root(name: &str) -> String {
    material::root(&material::key(), name, YEAR).to_pem()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// One of each.
pub(crate) fn all() -> TempDir {
    folder(&[
        ("fulcio_v1.crt.pem", &root("sigstore")),
        ("rekor.pub", &new_key()),
        ("ctfe.pub", &new_key()),
        ("tsa.certchain.pem", &chain().concat()),
    ])
}

pub(crate) fn flag(folder: &TempDir) -> String {
    format!("--file-dir={}", folder.path().display())
}

pub(crate) fn add(folder: &TempDir, name: &str, text: impl AsRef<[u8]>) {
    fs::write(folder.path().join(name), text).unwrap();
}

/// A cluster without any Secret of inputs.
pub(crate) fn empty() -> Tuf {
    let tuf = Tuf::set();
    for (name, _) in inputs() {
        tuf.delete(name);
    }
    tuf
}

/// How many of each another implementation finds.
#[track_caller]
pub(crate) fn assert_trusted(tuf: &Tuf, [fulcio, rekor, ctlog, tsa]: [usize; 4]) {
    let json = tuf
        .repository()
        .target("trusted_root.json")
        .unwrap()
        .to_vec();
    let trust = TrustedRoot::from_json(&String::from_utf8(json).unwrap()).unwrap();
    assert_eq!(trust.certificate_authorities.len(), fulcio);
    assert_eq!(trust.tlogs.len(), rekor);
    assert_eq!(trust.ctlogs.len(), ctlog);
    assert_eq!(trust.tsa_authorities().len(), tsa);
}

#[test]
fn inputs_may_be_files_and_are_the_same_as_from_secrets() {
    let (tuf, folder) = (empty(), all());
    // As in a mounted Secret.
    fs::create_dir(folder.path().join("..data")).unwrap();
    tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
    assert_trusted(&tuf, [1, 1, 1, 1]);
    let published = tuf.0.objects();
    tuf.run(&[&flag(&folder), "--renew"]).assert(0, &["done"]);
    assert_eq!(published, tuf.0.objects());

    for (secret, key, file) in [
        ("fulcio-pub-key", "cert", "fulcio_v1.crt.pem"),
        ("rekor-pub-key", "public", "rekor.pub"),
        ("ctlog-public-key", "public", "ctfe.pub"),
        ("tsa-cert-chain", "cert-chain", "tsa.certchain.pem"),
    ] {
        tuf.put(secret, key, fs::read(folder.path().join(file)).unwrap());
    }
    let root = tuf.secret("tuf-root");
    tuf.run(&[]).assert(0, &["done"]);
    assert_eq!(root, tuf.secret("tuf-root"));
}

#[test]
fn a_chain_may_be_a_file_for_each_certificate_ordered_by_who_signed_whom() {
    let [leaf, intermediate, root] = chain();
    let repository = |files: &[(&str, &str)], remove: &[&str]| {
        let (tuf, folder) = (empty(), all());
        for file in ["tsa.certchain.pem"].iter().chain(remove) {
            fs::remove_file(folder.path().join(file)).unwrap();
        }
        for (name, text) in files {
            add(&folder, name, text);
        }
        tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
        (tuf.trusted_root()["timestampAuthorities"].clone(), tuf)
    };
    let (one_file, _) = repository(
        &[("tsa.pem", &[leaf.as_str(), &intermediate, &root].concat())],
        &[],
    );
    for files in [
        &[
            ("tsa_leaf.crt.pem", leaf.as_str()),
            ("tsa_intermediate_0.crt.pem", &intermediate),
            ("tsa_root.crt.pem", &root),
        ][..],
        // Names tell what belongs together, and nothing else.
        &[
            ("tsa_root.crt.pem", &leaf),
            ("tsa_leaf.crt.pem", &intermediate),
            ("tsa_intermediate_7.crt.pem", &root),
        ],
    ] {
        assert_eq!(repository(files, &[]).0, one_file, "{files:?}");
    }

    let files = [
        ("tsa_leaf.crt.pem", leaf.as_str()),
        ("tsa_intermediate_0.crt.pem", &intermediate),
        ("tsa_root.crt.pem", &root),
        ("fulcio_intermediate_0.crt.pem", &intermediate),
        ("fulcio_root.crt.pem", &root),
    ];
    let (_, tuf) = repository(&files, &["fulcio_v1.crt.pem"]);
    let fulcio = &tuf.trusted_root()["certificateAuthorities"][0]["certChain"];
    assert_eq!(fulcio["certificates"].as_array().unwrap().len(), 2);
    for (name, pem) in &files[..3] {
        assert_eq!(
            tuf.repository().target(name),
            Some(pem.as_bytes()),
            "{name}"
        );
    }
}

#[test]
fn a_chain_has_ten_intermediates_at_most() {
    let (tuf, folder) = (empty(), all());
    let chain = material::authorities(12);
    fs::remove_file(folder.path().join("fulcio_v1.crt.pem")).unwrap();
    add(&folder, "fulcio_root.crt.pem", &chain[0]);
    for (number, pem) in chain[1..].iter().enumerate() {
        add(
            &folder,
            &format!("fulcio_intermediate_{number}.crt.pem"),
            pem,
        );
    }
    let problem = "11 intermediate certificates, at most 10 are allowed";
    tuf.assert_refused(&[&flag(&folder)], &[problem]);
    fs::remove_file(folder.path().join("fulcio_intermediate_10.crt.pem")).unwrap();
    tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
    assert_trusted(&tuf, [1, 1, 1, 1]);
}

#[test]
fn there_may_be_any_number_of_each() {
    let (tuf, folder) = (empty(), all());
    let [leaf, intermediate, root_of_tsa] = chain();
    let (roots, keys) = (
        [(); 5].map(|()| root("another")),
        [(); 8].map(|()| new_key()),
    );
    for (number, pem) in roots.iter().enumerate() {
        add(&folder, &format!("fulcio_{number}_root.crt.pem"), pem);
    }
    for (number, pem) in keys.iter().enumerate() {
        let part = ["rekor", "ctfe"][number % 2];
        add(&folder, &format!("{part}-{number}.pem"), pem);
    }
    add(&folder, "tsa_2027_leaf.crt.pem", leaf);
    add(&folder, "tsa_2027_intermediate_0.crt.pem", intermediate);
    add(&folder, "tsa_2027_root.crt.pem", root_of_tsa);
    tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
    assert_trusted(&tuf, [6, 5, 5, 2]);

    // One more is a difference like any other.
    add(&folder, "rekor-9.pub", new_key());
    tuf.assert_refused(
        &[&flag(&folder)],
        &["Rekor's key with the log ID ", " isn't published"],
    );
    tuf.run(&[&flag(&folder), "--accept-changes"])
        .assert(0, &["done"]);
    assert_trusted(&tuf, [6, 6, 5, 2]);
}

#[test]
fn secrets_are_named_flag_by_flag_or_by_comma() {
    let tuf = Tuf::set();
    let mut role = tuf.0.get("Role", NAMESPACE, "createtuf").unwrap();
    for (name, entries) in [
        ("fulcio-2", entry("cert", root("second"))),
        ("rekor-2", entry("public", new_key())),
        ("ctlog-2", entry("public", new_key())),
        ("tsa-2", entry("cert-chain", chain().concat())),
    ] {
        tuf.0.set_secret(NAMESPACE, name, &entries);
        let rule = json!({"apiGroups": [""], "resources": ["secrets"], "resourceNames": [name], "verbs": ["get"]});
        role["rules"].as_array_mut().unwrap().push(rule);
    }
    tuf.0.apply(&role);
    tuf.run(&[
        "--fulcio-secret=fulcio-pub-key,fulcio-2",
        "--rekor-secret=rekor-pub-key",
        "--rekor-secret=rekor-2",
        "-ctlog-secret",
        "ctlog-public-key",
        "-ctlog-secret",
        "ctlog-2",
        "--tsa-secret=tsa-2",
    ])
    .assert(0, &["done"]);
    assert_trusted(&tuf, [2, 2, 2, 1]);
}

#[test]
fn files_that_cant_be_used_are_refused_by_name() {
    let foreign = root("foreign");
    let expired = material::expired_root(&material::key(), "old").to_pem();
    let [leaf, intermediate, root_of_tsa] = chain();
    let cases: [(&[(&str, &str)], &str); 8] = [
        (
            &[("README", "")],
            "/README isn't named after what it holds: put fulcio, rekor, ctfe or tsa",
        ),
        (&[("rekor.pub", "no PEM")], "/rekor.pub can't be used ("),
        (
            &[("tsa_leaf.crt.pem", "no PEM")],
            "/tsa_leaf.crt.pem can't be used (not a PEM file",
        ),
        (
            &[
                ("tsa_leaf.crt.pem", &leaf),
                ("tsa_root.crt.pem", &root_of_tsa),
            ],
            "/tsa_*.crt.pem can't be used (the certificates form no single chain: ",
        ),
        (
            &[
                ("tsa_leaf.crt.pem", &leaf),
                ("tsa_intermediate_0.crt.pem", &intermediate),
                ("tsa_intermediate_1.crt.pem", &foreign),
                ("tsa_root.crt.pem", &root_of_tsa),
            ],
            "/tsa_*.crt.pem can't be used (the certificates form no single chain: CN=foreign has no place in it",
        ),
        (
            &[
                ("tsa_leaf.crt.pem", &leaf),
                ("tsa_intermediate_0.crt.pem", &intermediate),
            ],
            "/tsa_*.crt.pem ends with CN=TSA intermediate,O=test, which isn't a root certificate: put",
        ),
        (
            &[("fulcio_old.crt.pem", &expired)],
            "the certificate CN=old expired at ",
        ),
        (
            &[("fulcio_2.pem", &leaf)],
            "Fulcio's chain holds a certificate that may not sign others: CN=TSA timestamping",
        ),
    ];
    for (files, text) in cases {
        let (tuf, folder) = (empty(), all());
        if files[0].0.starts_with("tsa") {
            fs::remove_file(folder.path().join("tsa.certchain.pem")).unwrap();
        }
        for (name, pem) in files {
            add(&folder, name, pem);
        }
        tuf.assert_refused(&[&flag(&folder)], &[text]);
    }
}

#[test]
fn missing_files_are_named_and_waited_for() {
    let (tuf, folder) = (empty(), all());
    let told = |tuf: &Tuf, flags: &[&str], text: &str| {
        tuf.run(&[flags, &["--timeout=1s"]].concat())
            .assert(1, &[text]);
    };
    let away = |name: &str| {
        let path = folder.path().join(name);
        let text = fs::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        text
    };
    let (rekor, _) = (away("rekor.pub"), away("tsa.certchain.pem"));
    let missing = format!(
        "{} has no file named after rekor, tsa yet",
        folder.path().display()
    );
    told(&tuf, &[&flag(&folder)], &missing);
    told(&tuf, &["--file-dir=/nowhere"], "reading /nowhere: ");
    let missing = missing.replace("rekor, tsa", "rekor");
    told(&tuf, &[&flag(&folder), "--tsa-secret="], &missing);

    let args = [flag(&folder), "--tsa-secret=".into()];
    let mut job = tuf.job().args(args).start();
    job.wait_for_line(&missing);
    add(&folder, "rekor.pub", rekor);
    job.wait().assert(0, &["done"]);
    assert_trusted(&tuf, [1, 1, 1, 0]);
}
