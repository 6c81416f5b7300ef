//! The stand-in for Fulcio answers as the real one did: `data/original/` has its answers, and the
//! certificate that it had.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
};

use testbed::Fulcio;

#[test]
fn both_addresses_answer_as_recorded() {
    let fulcio = Fulcio::start(&recorded("fulcio-secret/cert"));
    let (head, body) = get(&fulcio, "/api/v1/rootCert");
    assert!(
        head.contains("content-type: application/pem-certificate-chain"),
        "{head}"
    );
    assert_eq!(body, recorded("fulcio-root-cert.pem").trim_end());

    let (head, body) = get(&fulcio, "/api/v2/trustBundle");
    assert!(head.contains("content-type: application/json"), "{head}");
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(json(&body), json(&recorded("fulcio-trust-bundle.json")));
}

#[test]
fn what_it_does_not_know_it_does_not_find() {
    let fulcio = Fulcio::start("");
    let (head, _) = get(&fulcio, "/api/v2/signingCert");
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
}

fn get(fulcio: &Fulcio, path: &str) -> (String, String) {
    let url = fulcio.url();
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.into(), body.into())
}

fn recorded(file: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/original");
    fs::read_to_string(folder.join(file)).unwrap()
}
