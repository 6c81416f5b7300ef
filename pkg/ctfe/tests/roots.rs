//! Roots: read from a Secret's entries, added to, written back.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

use std::time::{Duration, SystemTime};

use certs::{Certificate, Subject, Validity};
use keys::{Kind, PrivateKey};
use scaffolding_ctfe::{Error, Roots};

fn root_until(common_name: &str, not_after: SystemTime) -> Certificate {
    let subject = Subject {
        common_name: common_name.into(),
        ..Subject::default()
    };
    let validity = Validity {
        not_before: SystemTime::UNIX_EPOCH,
        not_after,
    };
    certs::root_certificate(&PrivateKey::generate(Kind::EcdsaP256), &subject, validity).unwrap()
}

fn root(common_name: &str) -> Certificate {
    root_until(common_name, NOW + DAY)
}

fn read(entries: &[(&str, String)]) -> Roots {
    let entries = entries.iter().map(|(key, file)| (*key, file.as_bytes()));
    Roots::in_entries(entries).unwrap()
}

fn written(roots: &Roots) -> Vec<(String, String)> {
    roots.to_entries().collect()
}

const NOW: SystemTime = SystemTime::UNIX_EPOCH;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn all_roots_are_in_one_file_and_each_is_in_one_of_its_own() {
    let (a, b) = (root("a"), root("b"));
    let mut roots = Roots::default();
    roots.add(&a, NOW).unwrap();
    roots.add(&b, NOW).unwrap();
    assert_eq!(
        written(&roots),
        [
            ("rootca".to_owned(), a.to_pem() + &b.to_pem()),
            ("fulcio-0".to_owned(), a.to_pem()),
            ("fulcio-1".to_owned(), b.to_pem()),
        ]
    );
}

#[test]
fn what_was_written_is_read_in_its_order_however_many_there_are() {
    let mut roots = Roots::default();
    for number in 0..12 {
        roots.add(&root(&number.to_string()), NOW).unwrap();
    }
    let entries = written(&roots);
    let all = |entries: &[(String, String)]| {
        let entries = entries.iter().map(|(key, file)| (&**key, file.as_bytes()));
        Roots::in_entries(entries).unwrap()
    };
    assert_eq!(all(&entries), roots);
    assert_eq!(all(&entries[1..]), roots); // as the Go jobs write them, without `rootca`
}

#[test]
fn a_root_counts_once_wherever_it_stands() {
    let (a, b) = (root("a"), root("b"));
    let entries = [
        ("fulcio-10", a.to_pem()),
        ("fulcio-2", b.to_pem()),
        ("fulcio-3", String::new()),
        ("fulcio-of-mine", root("c").to_pem()),
        ("private", "not looked at".to_owned()),
        ("rootca", format!("\n{}\n\n", a.to_pem())),
    ];
    let mut roots = read(&entries);
    assert_eq!(roots.len(), 3);
    assert_eq!(written(&roots)[1].1, a.to_pem());
    assert_eq!(written(&roots)[2].1, b.to_pem());
    roots.add(&b, NOW).unwrap();
    assert_eq!(roots.len(), 3);
    assert!(roots.missing(&[b, a]).is_empty());
}

#[test]
fn only_a_valid_authority_is_added() {
    let mut roots = Roots::default();
    let expired = root_until("expired", NOW + DAY);
    let error = roots.add(&expired, NOW + 2 * DAY).unwrap_err().to_string();
    assert_eq!(error, "CN=expired is no root to trust: it has expired");

    let keys = [(); 3].map(|()| PrivateKey::generate(Kind::EcdsaP256));
    let validity = Validity {
        not_before: NOW,
        not_after: NOW + DAY,
    };
    let chain = certs::timestamping_chain(&keys[0], &keys[1], &keys[2], "test", validity).unwrap();
    let error = roots.add(chain.first(), NOW).unwrap_err().to_string();
    assert!(error.ends_with("it may not sign certificates"), "{error}");
    assert!(roots.is_empty());
    // The last certificate of a chain needn't be signed by itself.
    roots.add(&chain.certificates()[1], NOW).unwrap();
}

#[test]
fn a_file_is_read_as_ct_server_reads_it() {
    let (a, b) = (root("a"), root("b"));
    let key = PrivateKey::generate(Kind::EcdsaP256);
    let file = format!(
        "a comment\n{}{}{}the end",
        a.to_pem(),
        key.public_key().to_pem(),
        b.to_pem()
    );
    assert_eq!(read(&[("rootca", file)]).len(), 2);
    for file in [
        key.public_key().to_pem(),
        a.to_pem().replacen("--", " --", 1),
        a.to_pem().replace("-----\nMII", "-----\nA: b\n\nMII"),
    ] {
        let entries = [("rootca", file.as_bytes())];
        assert!(Roots::in_entries(entries.into_iter()).is_err(), "{file}");
    }
}

#[test]
fn a_broken_file_is_named() {
    let entries = [("fulcio-0", &b"-----BEGIN CERTIFICATE-----\noops"[..])];
    let error = Roots::in_entries(entries.into_iter()).unwrap_err();
    assert!(matches!(error, Error::Roots { entry, .. } if entry == "fulcio-0"));
}
