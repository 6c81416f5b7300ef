//! The tar.gz in the Secret.

use std::io::Read as _;

use flate2::read::GzDecoder;
use scaffolding_tuf::{Files, Repository};

use crate::stack::{inputs, json, nothing, policy, published, start, trusted_root};

fn unpacked(archive: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    GzDecoder::new(archive).read_to_end(&mut tar).unwrap();
    tar
}

#[test]
fn a_repository_comes_back_as_it_was() {
    let repository = published().repository.unwrap();
    let archive = repository.to_archive().unwrap();
    assert!(Repository::from_archive(&archive).unwrap() == repository);
    assert!(archive.len() < 6_000, "{}", archive.len());
    assert_eq!(&archive[..2], [0x1f, 0x8b]);
    assert_eq!(archive[4..8], [0; 4], "no time in the header");
}

#[test]
fn a_cut_or_damaged_archive_is_refused() {
    let archive = published().repository.unwrap().to_archive().unwrap();
    for length in (0..archive.len()).step_by(97) {
        let error = Repository::from_archive(&archive[..length])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("the archive "), "{length}: {error}");
    }
    let mut damaged = archive.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    assert!(Repository::from_archive(&damaged).is_err());
}

/// policy-controller reads each member with one `Read`, and Go's inflater hands out windows of
/// 32 KiB of what was packed.
#[test]
fn no_member_crosses_a_boundary_of_32_kib() {
    let mut inputs = inputs();
    inputs.rekor = (0..60).map(|_| crate::stack::another_key()).collect();
    let repository = nothing()
        .next(Some(&inputs), &policy(), start())
        .unwrap()
        .unwrap();
    let tar = unpacked(&repository.to_archive().unwrap());
    assert!(tar.len() > 2 * 32 * 1024);

    let mut crossing = Vec::new();
    for member in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let member = member.unwrap();
        let (start, length) = (member.raw_file_position(), member.size());
        if length > 0 && start / 32768 != (start + length - 1) / 32768 {
            crossing.push((member.path().unwrap().display().to_string(), length));
        }
    }
    let too_long: Vec<_> = repository.too_long_for_policy_controller().collect();
    assert!(
        crossing.iter().all(|(_, length)| *length > 32 * 1024),
        "{crossing:?}"
    );
    assert!(
        too_long.iter().all(|path| !path.ends_with(".pub")),
        "{too_long:?}"
    );
}

/// The original's archive holds the same keys and certificates, told in the same words.
#[test]
fn what_the_original_publishes_for_the_same_inputs_is_in_ours() {
    let tar = unpacked(include_bytes!("../data/original.tar.gz"));
    let mut original = Files::new();
    for member in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let mut member = member.unwrap();
        let path = member.path().unwrap().display().to_string();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        if let Some((_, name)) = path
            .strip_prefix("repository/targets/")
            .and_then(|target| target.split_once('.'))
        {
            original.insert(name.to_owned(), bytes);
        }
    }
    let ours = published().repository.unwrap();
    assert_eq!(original.len(), 7);
    for (name, theirs) in original
        .iter()
        .filter(|(name, _)| *name != scaffolding_tuf::TRUSTED_ROOT)
    {
        let trimmed = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().trim().to_owned();
        assert_eq!(
            trimmed(ours.target(name).unwrap()),
            trimmed(theirs),
            "{name}"
        );
    }

    let (ours, theirs) = (
        trusted_root(&ours),
        json(&original[scaffolding_tuf::TRUSTED_ROOT]),
    );
    assert_eq!(ours["mediaType"], theirs["mediaType"]);
    for logs in ["tlogs", "ctlogs"] {
        for field in ["hashAlgorithm", "logId"] {
            assert_eq!(ours[logs][0][field], theirs[logs][0][field]);
        }
        for field in ["rawBytes", "keyDetails"] {
            assert_eq!(
                ours[logs][0]["publicKey"][field],
                theirs[logs][0]["publicKey"][field]
            );
        }
    }
    for authorities in ["certificateAuthorities", "timestampAuthorities"] {
        for field in ["certChain", "validFor"] {
            assert_eq!(ours[authorities][0][field], theirs[authorities][0][field]);
        }
        let organization =
            |trust: &serde_json::Value| trust[authorities][0]["subject"]["organization"].clone();
        assert_eq!(organization(&ours), organization(&theirs));
    }
}
