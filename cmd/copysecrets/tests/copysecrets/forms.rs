//! Keys and certificates in the forms in which people have them.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use super::*;

/// Makes another form of a PEM file, as editors, YAML and Windows do.
type Form = fn(&str) -> String;

const FORMS: [(&str, Form); 14] = [
    ("as it is", str::to_owned),
    ("a byte order mark", |pem| format!("\u{feff}{pem}")),
    ("Windows' lines", |pem| pem.replace('\n', "\r\n")),
    ("an old Mac's lines", |pem| pem.replace('\n', "\r")),
    ("no last line end", |pem| pem.trim_end().into()),
    ("empty lines around", |pem| format!("\n\n{pem}\n\n")),
    ("blanks behind", |pem| pem.replace('\n', "  \n")),
    ("indented", |pem| {
        pem.lines().map(|line| format!("    {line}\n")).collect()
    }),
    ("tabs", |pem| {
        pem.lines().map(|line| format!("\t{line}\n")).collect()
    }),
    ("folded", |pem| pem.replace('\n', " ")),
    ("in quotes", |pem| format!("\"{pem}\"")),
    ("long lines", |pem| long_lines(pem)),
    ("text before", |pem| format!("subject=CN = test\n{pem}")),
    ("a header", |pem| {
        pem.replacen("-----\n", "-----\nComment: mine\n\n", 1)
    }),
];

/// What is in each block on one line.
fn long_lines(pem: &str) -> String {
    let mut long = String::new();
    for line in pem.lines() {
        match line.starts_with("-----") {
            true => {
                if line.contains("END") {
                    long.push('\n');
                }
                long.push_str(line);
                long.push('\n');
            }
            false => long.push_str(line),
        }
    }
    long
}

/// What OpenSSL makes of it.
fn openssl(args: &[&str], pem: &str) -> String {
    let mut openssl = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is there");
    let mut stdin = openssl.stdin.take().expect("it is piped");
    stdin.write_all(pem.as_bytes()).expect("openssl reads it");
    drop(stdin);
    let output = openssl.wait_with_output().expect("openssl ends");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("PEM is text")
}

/// Whatever is copied is what OpenSSL writes, also in place of another form.
#[test]
fn copies_are_as_openssl_writes_them_or_arent_made() {
    let key = material::key().public_key().to_pem();
    let root = material::root(&material::key(), "sigstore", YEAR).to_pem();
    let now = SystemTime::now();
    let chain = material::timestamping_chain(&material::key(), now, YEAR).to_pem();
    assert_eq!(openssl(&["pkey", "-pubin", "-pubout"], &key), key);
    assert_eq!(openssl(&["x509"], &root), root);

    let tuf = Tuf::set();
    tuf.set_source("rekor-system", "rekor-pub-key", "public", &key);
    tuf.set_source("fulcio-system", "fulcio-pub-key", "cert", &root);
    tuf.set_source("tsa-system", "tsa-pub-chain", "cert-chain", &chain);
    let sources = [
        (
            "rekor-system",
            "rekor-pub-key",
            "rekor-pub-key",
            "public",
            &key,
        ),
        (
            "fulcio-system",
            "fulcio-pub-key",
            "fulcio-pub-key",
            "cert",
            &root,
        ),
        (
            "tsa-system",
            "tsa-pub-chain",
            "tsa-cert-chain",
            "cert-chain",
            &chain,
        ),
    ];
    tuf.job().run().assert(0, &["done"]);
    let settled = tuf.0.objects();
    let mut copied = 0;
    for (form, change) in FORMS {
        for (namespace, name, copy, entry, pem) in sources {
            tuf.set_source(namespace, name, entry, &change(pem));
            // As an earlier version may have copied it.
            for former in [pem.to_owned(), change(pem)] {
                let mut entries = tuf.copy(copy);
                entries.insert(entry.into(), former.into());
                tuf.0.set_secret("tuf-system", copy, &entries);
                let outcome = tuf.job().run();
                match outcome.code {
                    0 => {
                        copied += 1;
                        assert_eq!(tuf.copy(copy)[entry], pem.as_bytes(), "{form}: {entry}");
                    }
                    _ => outcome.assert(3, &["can't be copied ("]),
                }
            }
            let mut entries = tuf.copy(copy);
            entries.insert(entry.into(), pem.as_bytes().into());
            tuf.0.set_secret("tuf-system", copy, &entries);
            tuf.set_source(namespace, name, entry, pem);
        }
    }
    assert!(copied >= 20, "{copied}");
    tuf.job().run().assert(0, &["done"]);
    let data = |objects: &[serde_json::Value]| -> Vec<_> {
        objects
            .iter()
            .map(|object| object["data"].clone())
            .collect()
    };
    assert_eq!(data(&settled), data(&tuf.0.objects()));
}

/// What stands beside a key isn't copied, whatever it is; a form that has no one log ID is refused
/// with the command that makes the other of it.
#[test]
fn of_a_public_key_nothing_but_the_key_is_copied() {
    let tuf = Tuf::set();
    let key = material::key();
    let pem = key.public_key().to_pem();
    let private = key.to_legacy_pem(b"a password");
    let without_last_line = &private[..private.trim_end().rfind('\n').unwrap()];
    let set = |pem: &str| tuf.set_source("rekor-system", "rekor-pub-key", "public", pem);
    set(&(pem.clone() + without_last_line));
    tuf.job().run().assert(0, &["done"]);
    assert_eq!(tuf.copy("rekor-pub-key")["public"], pem.as_bytes());

    let conversions = [
        (
            &["-ec_conv_form", "compressed"],
            "-ec_conv_form uncompressed",
        ),
        (&["-ec_param_enc", "explicit"], "-ec_param_enc named_curve"),
    ];
    for (form, mend) in conversions {
        let args = [&["pkey", "-pubin", "-pubout"][..], form].concat();
        let odd = openssl(&args, &pem);
        set(&odd);
        let mend = format!("mend it (openssl pkey -pubin -in FILE {mend})");
        tuf.job().run().assert(3, &["can't be copied (", &mend]);
        assert_eq!(tuf.copy("rekor-pub-key")["public"], pem.as_bytes());
    }
}
