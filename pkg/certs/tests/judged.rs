//! Chains as people bring them, made by OpenSSL: judged as the servers judge them, and refused with
//! the reason. (`test/oracle` asks the servers' own code about many more.)

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

use std::{
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use scaffolding_certs::{Chain, Error};

/// A certificate and its key, in files that are gone with their folder.
struct Made {
    pem: String,
    path: PathBuf,
}

impl Made {
    fn file(&self, extension: &str) -> String {
        self.path.with_extension(extension).display().to_string()
    }
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

const EC: &str = "EC -pkeyopt ec_paramgen_curve:P-256";
const ROOT: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign";
const ISSUING: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
                       extendedKeyUsage=codeSigning";
const TIME_STAMPING: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
                             extendedKeyUsage=timeStamping";
const LEAF: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping";

/// A certificate with a new key, signed by `issuer` or by itself.
fn issue(name: &str, key: &str, extensions: &str, issuer: Option<&Made>, how: &str) -> Made {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("certs-judged-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut made = Made {
        pem: String::new(),
        path: folder.join(number.to_string()),
    };
    let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
    let run = |arguments: String| {
        let arguments = words(&arguments);
        openssl(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    std::fs::write(
        made.file("ext"),
        format!("{extensions}\nsubjectKeyIdentifier=hash"),
    )
    .unwrap();
    run(format!(
        "genpkey -algorithm {key} -out {}",
        made.file("key")
    ));
    let [key, request, extensions] = ["key", "csr", "ext"].map(|kind| made.file(kind));
    run(format!(
        "req -new -key {key} -subj /CN={name} -out {request}"
    ));
    let signer = match issuer {
        Some(issuer) => format!("-CA {} -CAkey {}", issuer.file("pem"), issuer.file("key")),
        None => format!("-signkey {key}"),
    };
    let how = if how.is_empty() {
        String::new()
    } else {
        format!(" {how}")
    };
    let serial = if how.contains("serial") {
        ""
    } else {
        " -set_serial 7"
    };
    made.pem = run(format!(
        "x509 -req -in {request} -days 365 {signer} -extfile {extensions}{serial}{how}"
    ));
    std::fs::write(made.file("pem"), &made.pem).unwrap();
    made
}

fn read(certificates: &[&Made]) -> Result<Chain, Error> {
    let pem: String = certificates.iter().map(|made| made.pem.as_str()).collect();
    Chain::from_pem(pem.as_bytes())
}

/// What is wrong with a chain for Fulcio, or nothing.
fn issuing(certificates: &[&Made]) -> String {
    let judged = read(certificates).and_then(|chain| chain.check_issuing());
    judged
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

/// What is wrong with a chain for the timestamp authority, or nothing.
fn timestamping(certificates: &[&Made]) -> String {
    let judged = read(certificates).and_then(|chain| chain.check_timestamping());
    judged
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

#[test]
fn timestamp_server_wants_its_purpose_of_each_authority() {
    let root = issue("root", EC, ROOT, None, "");
    let good = issue("good", EC, TIME_STAMPING, Some(&root), "");
    let leaf = issue("leaf", EC, LEAF, Some(&good), "");
    assert_eq!(timestamping(&[&leaf, &good, &root]), "");
    assert_eq!(
        timestamping(&[&leaf, &good, &root, &root]),
        "CN=root isn't for timestamping (extendedKeyUsage=timeStamping), which timestamp-server \
         asks of an intermediate"
    );

    let without = issue("without", EC, ROOT, Some(&root), "");
    let leaf = issue("leaf", EC, LEAF, Some(&without), "");
    let refusal = timestamping(&[&leaf, &without, &root]);
    assert!(
        refusal.starts_with("CN=without isn't for timestamping"),
        "{refusal}"
    );

    let root = issue("root", EC, ISSUING, None, "");
    let leaf = issue("leaf", EC, LEAF, Some(&root), "");
    assert_eq!(
        timestamping(&[&leaf, &root]),
        "CN=root is for other purposes only (extendedKeyUsage without timeStamping)"
    );
}

#[test]
fn what_go_refuses_in_an_authority_is_refused_with_the_reason() {
    let root = issue("root", EC, ROOT, None, "");
    for (key, extensions, how, reason) in [
        (
            EC,
            "extendedKeyUsage=serverAuth",
            "",
            "for other purposes only",
        ),
        (
            EC,
            "1.2.3.4=critical,ASN1:NULL",
            "",
            "has a critical extension that no server knows",
        ),
        (
            EC,
            "nameConstraints=critical,permitted;dirName:d\n[d]\nCN=x",
            "",
            "2.5.29.30",
        ),
        (
            EC,
            "policyConstraints=critical,requireExplicitPolicy:0",
            "",
            "policyConstraints",
        ),
        (
            EC,
            "extendedKeyUsage=codeSigning",
            "-set_serial -5",
            "serial number is negative",
        ),
        (
            "RSA -pkeyopt rsa_keygen_bits:2560",
            "",
            "",
            "has an RSA key of 2560 bits",
        ),
    ] {
        // Extensions in front: one of them brings a section of its own.
        let base = if extensions.starts_with("extended") {
            ROOT
        } else {
            ISSUING
        };
        let extensions = format!("{base}\nsubjectKeyIdentifier=hash\n{extensions}");
        let extensions = extensions.trim_end();
        let authority = issue("issuing", key, extensions, Some(&root), how);
        let refusal = issuing(&[&authority, &root]);
        assert!(refusal.contains(reason), "{reason}: {refusal}");
    }
}

#[test]
fn an_authority_that_may_not_sign_is_named() {
    let root = issue("root", EC, ROOT, None, "");
    let middle = issue(
        "middle",
        EC,
        "basicConstraints=CA:TRUE\nkeyUsage=cRLSign",
        Some(&root),
        "",
    );
    let authority = issue("issuing", EC, ISSUING, Some(&middle), "");
    assert_eq!(
        issuing(&[&authority, &middle, &root]),
        "CN=middle may not sign certificates (KeyUsage without keyCertSign)"
    );
}

#[test]
fn an_authority_below_which_no_client_verifies_is_refused_though_fulcio_starts() {
    let short = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign";
    let root = issue("root", EC, short, None, "");
    let authority = issue("issuing", EC, ISSUING, Some(&root), "");
    assert_eq!(
        issuing(&[&authority, &root]),
        "CN=root may have 0 authorities below it (pathlen), and has 1: what is issued there isn't \
         verified"
    );
    assert_eq!(issuing(&[&root]), "");

    let root = issue("root", EC, ROOT, None, "");
    let mute = "basicConstraints=critical,CA:TRUE\nkeyUsage=cRLSign\nextendedKeyUsage=codeSigning";
    let authority = issue("issuing", EC, mute, Some(&root), "");
    let refusal = issuing(&[&authority, &root]);
    assert!(refusal.contains("may not sign certificates"), "{refusal}");

    let authority = issue("issuing", EC, ISSUING, Some(&root), "");
    for (file, reason) in [
        ([&authority, &authority, &root], "CN=issuing is there twice"),
        ([&authority, &root, &root], "CN=root is there twice"),
    ] {
        assert_eq!(issuing(&file), reason);
    }
}

#[test]
fn every_signature_that_go_verifies_is_verified() {
    const P384: &str = "EC -pkeyopt ec_paramgen_curve:P-384";
    const RSA: &str = "RSA -pkeyopt rsa_keygen_bits:2048";
    const PSS: &str = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
    for (key, of_the_root, by_the_root) in [
        (EC, "", "-sha512"),
        (P384, "", "-sha512"),
        (P384, "", "-sha256"),
        (RSA, "", &format!("-sha384 {PSS}")),
        (RSA, &format!("-sha256 {PSS}"), &format!("-sha256 {PSS}")),
        (RSA, "-sha1", "-sha512"),
        (EC, "-sha1", "-sha384"),
    ] {
        let root = issue("root", key, ROOT, None, of_the_root);
        let authority = issue("issuing", EC, ISSUING, Some(&root), by_the_root);
        assert_eq!(issuing(&[&authority, &root]), "", "{key}, {by_the_root}");
    }
    let root = issue("root", EC, ROOT, None, "");
    let authority = issue("issuing", EC, ISSUING, Some(&root), "-sha1");
    assert_eq!(
        issuing(&[&authority, &root]),
        "CN=issuing is signed with SHA-1 or MD5, which nobody trusts"
    );
}

#[test]
fn a_chain_may_end_with_a_cross_signed_root_and_sigstore_js_is_named() {
    let other = issue("other", EC, ROOT, None, "");
    let cross = issue("cross", EC, ROOT, Some(&other), "");
    let authority = issue("issuing", EC, ISSUING, Some(&cross), "");
    assert_eq!(issuing(&[&authority, &cross]), "");
    assert_eq!(issuing(&[&authority, &cross, &other]), "");
    let warnings = |file: &[&Made]| read(file).unwrap().unverified_by();
    assert_eq!(
        warnings(&[&authority, &cross]),
        [
            "sigstore-js verifies nothing under it: CN=cross ends it, and isn't signed by itself with \
          SHA-2 as an authority"
        ]
    );
    assert!(warnings(&[&authority, &cross, &other]).is_empty());
}

#[test]
fn clients_that_verify_less_than_cosign_are_named() {
    let root = issue("root", EC, ROOT, None, "");
    for (extensions, reason) in [
        (
            "basicConstraints=CA:TRUE\nkeyUsage=keyCertSign\nextendedKeyUsage=codeSigning",
            "no critical BasicConstraints",
        ),
        (
            "basicConstraints=critical,CA:TRUE\nextendedKeyUsage=codeSigning",
            "no KeyUsage with keyCertSign",
        ),
        (
            "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nextendedKeyUsage=critical,codeSigning",
            "a critical ExtendedKeyUsage",
        ),
    ] {
        let authority = issue("issuing", EC, extensions, Some(&root), "");
        assert_eq!(issuing(&[&authority, &root]), "");
        let warnings = read(&[&authority, &root]).unwrap().unverified_by();
        assert_eq!(
            warnings,
            [format!(
                "sigstore-python verifies nothing under it: CN=issuing has {reason}"
            )]
        );
    }
}

#[test]
fn a_file_that_go_reads_otherwise_is_refused_with_the_command_that_mends_it() {
    let pem = issue("root", EC, ROOT, None, "").pem;
    for (file, reason, command) in [
        (format!("\u{feff}{pem}"), "a byte order mark", "sed"),
        (pem.replace('\n', "\n    "), "indented", "sed"),
        (pem.replace('\n', "\n\t"), "indented", "sed"),
        (format!("\"{}\"", pem.trim_end()), "quotes", "tr"),
        (pem.trim_end().replace('\n', " "), "folded", "YAML"),
        (format!("{pem}text"), "behind its last block", "sed"),
    ] {
        let error = Chain::from_pem(file.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(reason), "{reason}: {error}");
        assert!(error.mend().unwrap().contains(command), "{error}");
    }
    let chain = Chain::from_pem(format!("a comment\n{pem}").as_bytes());
    assert_eq!(chain.unwrap().to_pem(), pem);
}

#[test]
fn keys_that_no_client_reads_in_a_certificate_are_refused() {
    for (key, reason) in [
        (
            "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            "explicit parameters",
        ),
        ("EC -pkeyopt ec_paramgen_curve:secp256k1", "isn't NIST's"),
    ] {
        let root = issue("root", key, ROOT, None, "");
        let error = read(&[&root]).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}
