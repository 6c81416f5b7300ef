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

/// A source and its copy: namespace, name, name of the copy, entry.
const SOURCES: [[&str; 4]; 3] = [
    ["rekor-system", "rekor-pub-key", "rekor-pub-key", "public"],
    ["fulcio-system", "fulcio-pub-key", "fulcio-pub-key", "cert"],
    [
        "tsa-system",
        "tsa-pub-chain",
        "tsa-cert-chain",
        "cert-chain",
    ],
];

/// Whatever is copied is what OpenSSL writes, also in place of another form.
#[test]
fn copies_are_as_openssl_writes_them_or_arent_made() {
    let tuf = Tuf::set();
    tuf.job().run().assert(0, &["done"]);
    let data = |tuf: &Tuf| -> Vec<_> {
        let objects = tuf.0.objects();
        objects
            .iter()
            .map(|object| object["data"].clone())
            .collect()
    };
    let settled = data(&tuf);
    let mut copied = 0;
    for [namespace, name, copy, entry] in SOURCES {
        let pem = String::from_utf8(tuf.copy(copy).remove(entry).unwrap()).unwrap();
        match entry {
            "public" => assert_eq!(openssl(&["pkey", "-pubin", "-pubout"], &pem), pem),
            _ => assert!(pem.starts_with(&openssl(&["x509"], &pem))),
        }
        let set_copy = |pem: &str| {
            let mut entries = tuf.copy(copy);
            entries.insert(entry.into(), pem.into());
            tuf.0.set_secret("tuf-system", copy, &entries);
        };
        for (form, change) in FORMS {
            tuf.set_source(namespace, name, entry, &change(&pem));
            // As an earlier version may have copied it.
            for former in [pem.clone(), change(&pem)] {
                set_copy(&former);
                let outcome = tuf.job().run();
                match outcome.code {
                    0 => {
                        copied += 1;
                        assert_eq!(tuf.copy(copy)[entry], pem.as_bytes(), "{form}: {entry}");
                    }
                    _ => outcome.assert(3, &["can't be copied ("]),
                }
            }
        }
        set_copy(&pem);
        tuf.set_source(namespace, name, entry, &pem);
    }
    assert!(copied >= 20, "{copied}");
    tuf.job().run().assert(0, &["done"]);
    assert_eq!(settled, data(&tuf));
}

/// A form that has no one log ID is refused with the command that makes the other of it.
#[test]
fn a_key_in_another_form_is_refused_with_the_command_that_mends_it() {
    let tuf = Tuf::set();
    tuf.job().run().assert(0, &["done"]);
    let copied = tuf.copy("rekor-pub-key");
    let pem = String::from_utf8(copied["public"].clone()).unwrap();
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
        tuf.set_source("rekor-system", "rekor-pub-key", "public", &odd);
        let mend = format!("mend it (openssl pkey -pubin -in FILE {mend})");
        tuf.job().run().assert(3, &["can't be copied (", &mend]);
        assert_eq!(tuf.copy("rekor-pub-key"), copied);
    }
}
