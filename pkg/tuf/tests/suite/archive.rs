//! The tar.gz in the Secret.

use std::io::Read as _;

use flate2::read::GzDecoder;
use scaffolding_tuf::{Error, Repository};

use crate::state::{nothing, policy, published, start, targets};

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

/// policy-controller takes each member with one `Read`, and Go's inflater hands out windows of
/// 32 KiB of what was packed.
#[test]
fn no_member_crosses_a_boundary_of_32_kib() {
    let mut many = targets(&["long.json"]);
    many.new.get_mut("long.json").unwrap().bytes = vec![b'x'; 33 * 1024];
    for number in 0..60 {
        many.new.extend(targets(&[&format!("{number}.txt")]).new);
    }
    let repository = nothing().next(Some(many), &policy(), start());
    let repository = repository.unwrap().unwrap();
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
    let too_long: Vec<_> = repository.too_long_for_one_read().collect();
    assert!(
        crossing.iter().all(|(_, length)| *length > 32 * 1024),
        "{crossing:?}"
    );
    assert_eq!(too_long.len(), 1);
    assert!(too_long[0].ends_with(".long.json"), "{too_long:?}");
}

#[test]
fn more_than_there_is_room_for_is_refused() {
    let limit = 64 * 1024;
    let repository = |count: usize| {
        let mut noise = targets(&[]);
        for number in 0..count {
            let name = format!("{number}.bin");
            noise.new.extend(targets(&[&name]).new);
            noise.new.get_mut(&name).unwrap().bytes = keys::random_bytes::<4096>().to_vec();
        }
        let repository = nothing().next(Some(noise), &policy(), start());
        repository.unwrap().unwrap()
    };
    match repository(40).to_archive_within(limit) {
        Err(Error::TooLarge {
            size,
            limit: told,
            targets: 40,
            fit,
        }) => {
            assert!(size > limit && told == limit);
            repository(fit).to_archive_within(limit).unwrap();
            assert!(repository(fit + 2).to_archive_within(limit).is_err());
        }
        other => panic!("{:?}", other.map(|archive| archive.len())),
    }
}
