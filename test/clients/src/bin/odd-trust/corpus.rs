//! Keys and certificates that somebody may have, and such as nobody should.

use std::process::Command;

use anyhow::{Result, ensure};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};

use crate::der;

/// A key or a certificate.
pub(crate) struct Odd {
    pub(crate) name: String,
    pub(crate) der: Vec<u8>,
    /// Of a key: what it is said to be.
    pub(crate) details: Option<&'static str>,
    /// Whether nobody's program makes such a thing.
    pub(crate) is_damaged: bool,
}

/// What isn't read here, and why, though clients read it. For what is damaged there is a reason
/// for all: values that aren't DER, or not of the type that they have to be, and that no client
/// looks at.
pub(crate) const STRICTER: [(&str, &str); 4] = [
    ("ED448, certified", "Go verifies nothing that it signed"),
    (
        "RSA-PSS -pkeyopt rsa_keygen_bits:2048, certified",
        "Go verifies nothing that it signed",
    ),
    ("P-224", "no client verifies a signature with it"),
    (
        "0x0102030405",
        "RFC 5280, section 4.1.2.2: 20 bytes at most",
    ),
];

const P256: &str = "PKIX_ECDSA_P256_SHA_256";
const RSA: &str = "PKIX_RSA_PKCS1V15_2048_SHA256";
const ED25519: &str = "PKIX_ED25519";

/// What `openssl genpkey` makes, and what that is said to be.
const KEYS: [(&str, &str); 26] = [
    ("EC -pkeyopt ec_paramgen_curve:P-256", P256),
    (
        "EC -pkeyopt ec_paramgen_curve:P-384",
        "PKIX_ECDSA_P384_SHA_384",
    ),
    (
        "EC -pkeyopt ec_paramgen_curve:P-521",
        "PKIX_ECDSA_P521_SHA_512",
    ),
    ("ED25519", ED25519),
    ("RSA -pkeyopt rsa_keygen_bits:2048", RSA),
    // The same in other forms.
    (
        "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt point-format:compressed",
        P256,
    ),
    (
        "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt point-format:hybrid",
        P256,
    ),
    (
        "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
        P256,
    ),
    (
        "EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt point-format:compressed",
        P256,
    ),
    (
        "EC -pkeyopt ec_paramgen_curve:P-521 -pkeyopt ec_param_enc:explicit",
        P256,
    ),
    // Other sizes and curves.
    ("RSA -pkeyopt rsa_keygen_bits:1024", RSA),
    ("RSA -pkeyopt rsa_keygen_bits:2056", RSA),
    (
        "RSA -pkeyopt rsa_keygen_bits:3072",
        "PKIX_RSA_PKCS1V15_3072_SHA256",
    ),
    (
        "RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
        RSA,
    ),
    ("EC -pkeyopt ec_paramgen_curve:P-224", P256),
    ("EC -pkeyopt ec_paramgen_curve:secp256k1", P256),
    ("EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", P256),
    // Other algorithms.
    ("RSA-PSS -pkeyopt rsa_keygen_bits:2048", RSA),
    ("ED448", ED25519),
    ("X25519", ED25519),
    // Said to be others.
    ("ED25519", P256),
    ("EC -pkeyopt ec_paramgen_curve:P-256", ED25519),
    ("EC -pkeyopt ec_paramgen_curve:P-256", RSA),
    ("EC -pkeyopt ec_paramgen_curve:P-384", P256),
    ("ED25519", "PKIX_ED25519_PH"),
    (
        "RSA -pkeyopt rsa_keygen_bits:2048",
        "PKIX_RSA_PSS_2048_SHA256",
    ),
];

/// How many of those have all their values made wrong too.
const PLAIN: usize = 5;

/// What `openssl req` makes of which of those: authorities that sign themselves.
const CERTIFICATES: [(usize, &str); 24] = [
    (0, ""),
    (1, "-sha384"),
    (2, "-sha512"),
    (3, ""),
    (4, ""),
    (4, "-sigopt rsa_padding_mode:pss"),
    (4, "-sha1"),
    (0, "-sha512"),
    (5, ""),
    (6, ""),
    (7, ""),
    (9, ""),
    (10, ""),
    (13, ""),
    (15, ""),
    (16, ""),
    (17, ""),
    (18, ""),
    (0, "-set_serial -5"),
    (0, "-set_serial 0"),
    (
        0,
        "-set_serial 0x0102030405060708090a0b0c0d0e0f101112131415161718191a",
    ),
    (0, "-set_serial 0xff"),
    (0, "-days 999999"),
    (0, "-addext 1.3.6.1.4.1.99999.1=critical,ASN1:NULL"),
];

/// All keys.
///
/// # Errors
///
/// What `openssl` says.
pub(crate) fn keys() -> Result<Vec<Odd>> {
    let mut keys = vec![];
    for (number, (made, details)) in KEYS.iter().enumerate() {
        let der = openssl(&format!("pkey -pubout -outform DER -in {}", key(made)?))?;
        let name = format!("{made} as {details}");
        if number < PLAIN {
            keys.extend(der::variants(&der).into_iter().map(|(what, der)| Odd {
                name: format!("{name}, {what}"),
                der,
                details: Some(details),
                is_damaged: true,
            }));
        }
        keys.push(Odd {
            name,
            der,
            details: Some(details),
            is_damaged: false,
        });
    }
    Ok(keys)
}

/// All certificates. Those that are made wrong have a right signature of that.
///
/// # Errors
///
/// What `openssl` says.
pub(crate) fn certificates() -> Result<Vec<Odd>> {
    let mut certificates = vec![];
    for (number, flags) in CERTIFICATES {
        let (made, _) = KEYS[number];
        let path = key(made)?;
        let der = openssl(&format!(
            "req -x509 -new -outform DER -subj /O=Example/CN=odd -days 3650 -key {path} -addext \
             keyUsage=critical,keyCertSign {flags}"
        ))?;
        certificates.push(Odd {
            name: format!("{made}, certified {flags}"),
            der,
            details: None,
            is_damaged: false,
        });
    }
    let pkcs8 = openssl(&format!(
        "pkcs8 -topk8 -nocrypt -outform DER -in {}",
        key(KEYS[0].0)?
    ))?;
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8)?;
    let parts = der::parts(&certificates[0].der);
    for (what, tbs) in der::variants(&parts[0]) {
        let signature = key.sign(&SystemRandom::new(), &tbs)?;
        let signature = der::bit_string(signature.as_ref());
        certificates.push(Odd {
            name: format!("a certificate, {what}"),
            der: der::sequence(&[&tbs, &parts[1], &signature]),
            details: None,
            is_damaged: true,
        });
    }
    let outer = der::variants(&certificates[0].der).into_iter();
    certificates.extend(outer.map(|(what, der)| Odd {
        name: format!("a signed certificate, {what}"),
        der,
        details: None,
        is_damaged: true,
    }));
    Ok(certificates)
}

/// The file with the key that `openssl genpkey` makes so.
fn key(made: &str) -> Result<String> {
    let name: String = made.chars().filter(char::is_ascii_alphanumeric).collect();
    let path = format!("{name}.pem");
    if !std::path::Path::new(&path).exists() {
        openssl(&format!("genpkey -out {path} -algorithm {made}"))?;
    }
    Ok(path)
}

fn openssl(args: &str) -> Result<Vec<u8>> {
    let output = Command::new("openssl")
        .args(args.split_whitespace())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "openssl {args}: {said}");
    Ok(output.stdout)
}
