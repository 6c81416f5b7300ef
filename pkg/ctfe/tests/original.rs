//! We read the configurations that the Go original's job wrote, and say the same in our own words.

use keys::{PrivateKey, PublicKey};
use scaffolding_ctfe::{Config, Log, Roots};

macro_rules! original {
    ($path:literal) => {
        include_bytes!(concat!("../../../test/data/original/", $path))
    };
}

/// Each with its private and its public key.
const ORIGINALS: [(&[u8], &[u8], &[u8]); 2] = [
    (
        original!("ctlog-secret/config"),
        original!("ctlog-secret/private"),
        original!("ctlog-public-key/public"),
    ),
    (
        original!("ctlog-rsa/config"),
        original!("ctlog-rsa/private"),
        original!("ctlog-rsa-public/public"),
    ),
];

#[test]
fn everything_that_it_says_of_the_log_is_read() {
    for (config, private, public) in ORIGINALS {
        let public = PublicKey::from_pem(public).unwrap();
        let expected = Log {
            tree_id: 4_205_681_293_847_561_234,
            prefix: "sigstorescaffolding".into(),
            trillian: "log-server.trillian-system.svc:80".into(),
            private_key_path: "/ctfe-keys/private".into(),
            password: "test".into(),
            public_key: public.der().into(),
            roots_paths: vec!["/ctfe-keys/fulcio-0".into()],
        };
        let log = Config::parse(config).unwrap().log().unwrap();
        assert!(log == expected);
        let key = PrivateKey::from_pem(private, Some(log.password.as_bytes())).unwrap();
        assert_eq!(key.public_key(), &public);
    }
}

#[test]
fn our_own_configuration_of_the_same_log_reads_the_same() {
    for (config, ..) in ORIGINALS {
        let log = Config::parse(config).unwrap().log().unwrap();
        let ours = Config::new(&log).to_string();
        assert!(Config::parse(ours.as_bytes()).unwrap().log().unwrap() == log);
    }
}

#[test]
fn its_roots_are_read() {
    let entries = [("fulcio-0", original!("ctlog-secret/fulcio-0").as_slice())];
    assert_eq!(Roots::in_entries(entries.into_iter()).unwrap().len(), 1);
}
