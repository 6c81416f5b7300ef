//! Keys and certificates for tests, new ones each time.

use std::{
    fs::{self, DirEntry},
    io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use certs::{Certificate, Chain, Subject, Validity};
use keys::{Kind, PrivateKey};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::Entries;

/// A new P-256 key.
pub fn key() -> PrivateKey {
    PrivateKey::generate(Kind::EcdsaP256)
}

/// A root certificate for `key`, valid from now on for this long.
///
/// # Panics
///
/// When it would end after the year 9999.
pub fn root(key: &PrivateKey, name: &str, length: Duration) -> Certificate {
    root_at(key, name, SystemTime::now(), length)
}

/// A root certificate for `key` whose validity is over.
pub fn expired_root(key: &PrivateKey, name: &str) -> Certificate {
    root_at(key, name, SystemTime::now() - 2 * YEAR, YEAR)
}

fn root_at(key: &PrivateKey, name: &str, from: SystemTime, length: Duration) -> Certificate {
    let subject = Subject {
        common_name: name.into(),
        ..Subject::default()
    };
    let validity = Validity::from(from, length).expect("a time that certificates can hold");
    certs::root_certificate(key, &subject, validity).expect("a P-256 key and a name")
}

/// A timestamping chain for `key`.
pub fn timestamping_chain(key: &PrivateKey, from: SystemTime, length: Duration) -> Chain {
    let validity = Validity::from(from, length).expect("a time that certificates can hold");
    let [intermediate, root] = [self::key(), self::key()];
    let chain = certs::timestamping_chain(key, &intermediate, &root, "test", validity);
    chain.expect("P-256 keys and a name")
}

/// Certificates of authorities (PEM), the root first: each signed the one behind it.
///
/// # Panics
///
/// When the system gives no random numbers.
pub fn authorities(count: usize) -> Vec<String> {
    let mut above: Option<Issuer<'_, KeyPair>> = None;
    let next = |number| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = format!("authority {number}");
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("the system has random numbers");
        let certificate = match &above {
            None => params.self_signed(&key),
            Some(above) => params.signed_by(&key, above),
        };
        above = Some(Issuer::new(params, key));
        certificate.expect("the parameters fit together").pem()
    };
    (0..count).map(next).collect()
}

/// What the Go original's jobs wrote into the Secret of that name (`test/data/original`).
///
/// # Panics
///
/// When there is no such Secret.
pub fn original(secret: &str) -> Entries {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/original");
    let files = fs::read_dir(folder.join(secret)).expect("the Secret was recorded");
    let entry = |file: io::Result<DirEntry>| {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        Ok((name, fs::read(file.path())?))
    };
    let entries: io::Result<_> = files.map(entry).collect();
    entries.expect("a recorded Secret can be read")
}

/// 365 days.
pub const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
