//! Logs that the real servers wrote (`test/data/tiles`): a Rekor v2 with an Ed25519 key, one with a
//! P-256 key, and a TesseraCT.

use std::{fs, path::Path};

use keys::PublicKey;
use scaffolding_checkpoint::{Error, Log};

use crate::{Memory, check};

const REKOR: &str = "rekor.rekor-tiles-system.svc";
const CTLOG: &str = "ctlog.ctlog-tiles-system.svc/sigstorescaffolding";
const VOLUMES: [(&str, &str); 3] = [
    ("rekor-ed25519", REKOR),
    ("rekor-p256", REKOR),
    ("tesseract", CTLOG),
];

/// A log, an early checkpoint, its newest, and its tiles.
struct Volume {
    log: Log,
    earlier: Vec<u8>,
    newest: Vec<u8>,
    tiles: Memory,
}

fn volume((name, origin): (&str, &str)) -> Volume {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/data/tiles");
    let file = |path: &str| fs::read(folder.join(name).join(path)).unwrap();
    let newest = file("checkpoint");
    let text = String::from_utf8(newest.clone()).unwrap();
    let size: u64 = text.lines().nth(1).unwrap().parse().unwrap();
    let edge = format!("tile/0/001.p/{}", size - 256);
    let paths = ["tile/0/000", &edge, "tile/1/000.p/1"];
    let files = paths.map(|path| (path.to_owned(), file(path)));
    let key = PublicKey::from_pem(&file("public")).unwrap();
    Volume {
        log: Log::new(origin, key).unwrap(),
        earlier: file("earlier"),
        newest,
        tiles: Memory {
            files: files.into(),
            ..Memory::default()
        },
    }
}

#[test]
fn what_the_servers_wrote_goes_on_from_what_they_wrote_before() {
    for named in VOLUMES {
        let volume = volume(named);
        let earlier = volume.log.open(&volume.earlier).unwrap();
        let newest = volume.log.open(&volume.newest).unwrap();
        assert!(earlier.size < newest.size);
        check(&volume.tiles, &earlier, &newest).unwrap();
    }
}

#[test]
fn a_checkpoint_is_of_one_origin_and_one_key() {
    for named in VOLUMES {
        let mine = volume(named);
        for other in VOLUMES {
            let opened = volume(other).log.open(&mine.newest);
            match (named == other, named.1 == other.1) {
                (true, _) => assert!(opened.is_ok()),
                (_, true) => assert_eq!(opened, Err(Error::AnotherKey)),
                _ => assert_eq!(opened, Err(Error::AnotherLog(named.1.into()))),
            }
        }
    }
}

#[test]
fn no_byte_of_a_checkpoint_or_of_its_tiles_can_be_changed() {
    for named in VOLUMES {
        let mut volume = volume(named);
        let (log, earlier) = (&volume.log, volume.log.open(&volume.earlier).unwrap());
        for at in 0..volume.newest.len() {
            for bit in [1, 2, 0x40] {
                let mut changed = volume.newest.clone();
                changed[at] ^= bit;
                assert!(log.open(&changed).is_err(), "{at}");
            }
            assert!(log.open(&volume.newest[..at]).is_err(), "{at}");
        }
        let newest = log.open(&volume.newest).unwrap();
        let paths: Vec<_> = volume.tiles.files.keys().cloned().collect();
        for path in paths {
            let length = volume.tiles.files[&path].len();
            for at in (0..length).step_by(31) {
                volume.tiles.files.get_mut(&path).unwrap()[at] ^= 1;
                assert!(check(&volume.tiles, &earlier, &newest).is_err(), "{path}");
                volume.tiles.files.get_mut(&path).unwrap()[at] ^= 1;
            }
        }
        check(&volume.tiles, &earlier, &newest).unwrap();
    }
}

#[test]
fn only_names_and_keys_of_logs_are_taken() {
    let key = |kind| keys::PrivateKey::generate(kind).public_key().clone();
    for origin in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
        let log = Log::new(origin, key(keys::Kind::Ed25519));
        assert_eq!(log, Err(Error::Origin(origin.into())));
    }
    for kind in keys::Kind::ALL {
        let fits = [keys::Kind::Ed25519, keys::Kind::EcdsaP256].contains(&kind);
        assert_eq!(Log::new(REKOR, key(kind)).is_ok(), fits, "{kind}");
    }
}
