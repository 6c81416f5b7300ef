//! What files and targets are called.

use std::{fs, os::unix::fs::symlink, path::Path};

use tempfile::TempDir;
use tuf::{Change, NewTarget, Roles, Signer};

use super::*;
use crate::many::{add, all, assert_trusted, empty, flag, root};

/// What else stands in folders that are mounted or copied.
#[test]
fn what_is_no_input_doesnt_count() {
    let (tuf, folder) = (empty(), all());
    let path = |name: &str| folder.path().join(name);
    for name in ["lost+found", "rekor.d", "..2026_11_26"] {
        fs::create_dir(path(name)).unwrap();
    }
    for name in [
        ".rekor.pub.swp",
        ".DS_Store",
        "artifact.pub",
        "trusted_root.json",
        "signing_config.v0.2.json",
    ] {
        add(&folder, name, "anything");
    }
    tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
    assert_trusted(&tuf, [1, 1, 1, 1]);
}

#[test]
fn files_may_be_links_as_in_a_mounted_secret() {
    let (tuf, files) = (empty(), all());
    let folder = TempDir::new().unwrap();
    symlink(files.path(), folder.path().join("..data")).unwrap();
    for file in fs::read_dir(files.path()).unwrap() {
        let name = file.unwrap().file_name();
        let target = Path::new("..data").join(&name);
        symlink(target, folder.path().join(name)).unwrap();
    }
    tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
    assert_trusted(&tuf, [1, 1, 1, 1]);
}

/// A file that may be a leftover is never trusted.
#[test]
fn two_files_of_which_one_may_be_meant_are_refused_with_both_names() {
    for (file, leftover) in [
        ("rekor.pub", "rekor.pub.old"),
        ("rekor.pub", "rekor.pub~"),
        ("rekor.pub", "#rekor.pub#"),
        ("rekor.pub", "rekor.pub.1"),
        ("rekor.pub", "rekor.pem"),
        ("rekor.pub", "rekor (1).pub"),
        ("rekor.pub", "Copy of rekor.pub"),
        ("rekor.pub", "rekor.old.pub"),
        ("ctfe.pub", "ctfe.pub.bak"),
        ("ctfe.pub", "ctfe.crt"),
        ("fulcio_v1.crt.pem", "fulcio_v1.crt.pem.orig"),
        ("fulcio_v1.crt.pem", "fulcio_v1.pem"),
        ("tsa.certchain.pem", "tsa.pem"),
        ("tsa.certchain.pem", "tsa"),
        ("tsa.certchain.pem", "tsa_root.crt.pem"),
    ] {
        let (tuf, folder) = (empty(), all());
        let same = fs::read(folder.path().join(file)).unwrap();
        add(&folder, leftover, same);
        let names = [
            file,
            leftover,
            "may be a leftover of ",
            "remove the one that isn't to be trusted",
        ];
        tuf.assert_refused(&[&flag(&folder)], &names);
        fs::remove_file(folder.path().join(leftover)).unwrap();
        tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
        assert_trusted(&tuf, [1, 1, 1, 1]);
    }
}

/// As in <https://github.com/sigstore/root-signing>, `targets`.
#[test]
fn the_public_goods_own_names_are_known() {
    let (tuf, folder) = (empty(), all());
    let chain = material::authorities(2);
    add(&folder, "fulcio.crt.pem", root("first"));
    add(&folder, "fulcio_v1.crt.pem", &chain[0]);
    add(&folder, "fulcio_intermediate_v1.crt.pem", &chain[1]);
    add(&folder, "ctfe_2022.pub", new_key());
    add(&folder, "artifact.pub", new_key());
    fs::create_dir(folder.path().join("registry.npmjs.org")).unwrap();
    tuf.run(&[&flag(&folder)]).assert(0, &["done"]);
    assert_trusted(&tuf, [2, 1, 2, 1]);
    let trust = tuf.trusted_root();
    let mut lengths: Vec<_> = trust["certificateAuthorities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|authority| {
            authority["certChain"]["certificates"]
                .as_array()
                .unwrap()
                .len()
        })
        .collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [1, 2]);

    fs::remove_file(folder.path().join("fulcio_v1.crt.pem")).unwrap();
    tuf.assert_refused(
        &[&flag(&folder)],
        &["/fulcio_v1_*.crt.pem ends with CN=authority 1, which isn't a root certificate"],
    );
}

/// sigstore's own repository has a target in a folder that is called like a host.
#[test]
fn targets_of_others_are_kept_whatever_they_are_called() {
    let names = [
        "registry.example.com/keys.json",
        "with blanks/größe@2 + more.txt",
        "100%.txt",
    ];
    let tuf = taken_over_with(&names);
    tuf.run(&["--accept-changes"]).assert(0, &["done"]);
    tuf.run(&["--rotate=root,targets"]).assert(0, &["done"]);
    let repository = tuf.repository();
    for name in names {
        assert_eq!(repository.target(name), Some(name.as_bytes()));
    }
    let files = repository.files().keys();
    let in_folder = |path: &&String| {
        path.starts_with("targets/registry.example.com/") && path.ends_with(".keys.json")
    };
    assert_eq!(files.filter(in_folder).count(), 1);
}

/// The original's repository with targets of somebody's own, signed with its keys.
fn taken_over_with(names: &[&str]) -> Tuf {
    let tuf = takeover::originals();
    let keys = tuf.secret("tuf-keys");
    let keys = Keys::read(
        keys.iter()
            .map(|(name, value)| (name.as_str(), value.as_slice())),
    )
    .unwrap();
    let repository = tuf.repository();
    let signer = Signer::new(&keys, Versions::default(), Some(&repository)).unwrap();
    let target = |name: &&str| {
        let target = NewTarget {
            bytes: name.as_bytes().into(),
            ..NewTarget::default()
        };
        ((*name).to_owned(), target)
    };
    let change = Change {
        new: names.iter().map(target).collect(),
        ..Change::default()
    };
    let year = Roles {
        root: YEAR,
        snapshot: YEAR,
        targets: YEAR,
        timestamp: YEAR,
    };
    let now = jiff::Timestamp::now();
    let next = signer.next(Some(change), &year, &Roles::default(), now);
    let archive = next.unwrap().unwrap().to_archive().unwrap();
    tuf.put("tuf-root", "repository", archive);
    tuf
}
