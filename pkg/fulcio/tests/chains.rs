//! Asking a server that answers as Fulcio does, and others that don't.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

use certs::Chain;
use refusal::Final as _;
use scaffolding_fulcio::Error;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// What `chains` makes of an answer, and the request line that got it.
async fn asked(path: &str, answer: Vec<u8>) -> (Result<Vec<Chain>, Error>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    let url = url.parse().unwrap();
    tokio::join!(scaffolding_fulcio::chains(&url, None), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        // Whoever reads no further than it must hangs up.
        let _ = stream.write_all(&answer).await;
        let request = String::from_utf8(request[..length].to_vec()).unwrap();
        request.lines().next().unwrap().to_owned()
    })
}

fn ok(body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", body].concat()
}

fn subjects(chain: &Chain) -> Vec<String> {
    let certificates = chain.certificates().iter();
    certificates
        .map(|certificate| certificate.common_name())
        .collect()
}

async fn failure(answer: Vec<u8>) -> Error {
    asked("", answer).await.0.unwrap_err()
}

const ROOT: &[u8] = include_bytes!("../../../test/data/original/fulcio-trust-bundle.json");
const ROOT_PEM: &[u8] = include_bytes!("../../../test/data/original/fulcio-secret/cert");
const CHAIN: &[u8] = include_bytes!("data/chain.json");

#[tokio::test]
async fn a_root_alone_is_a_chain() {
    for path in ["", "/"] {
        let (chains, request) = asked(path, ok(ROOT)).await;
        let chains = chains.unwrap();
        assert_eq!(request, "GET /api/v2/trustBundle HTTP/1.1");
        assert_eq!(chains, [Chain::from_pem(ROOT_PEM).unwrap()]);
    }
}

#[tokio::test]
async fn a_chain_ends_with_its_root() {
    let (chains, request) = asked("/behind/a/proxy", ok(CHAIN)).await;
    let chains = chains.unwrap();
    assert_eq!(request, "GET /behind/a/proxy/api/v2/trustBundle HTTP/1.1");
    assert_eq!(subjects(&chains[0]), ["issuing", "chain root"]);
    assert_eq!(chains[0].root().common_name(), "chain root");
}

#[tokio::test]
async fn the_status_counts_before_the_body() {
    let answer = [b"HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\n", ROOT].concat();
    let error = failure(answer).await;
    assert!(
        matches!(error, Error::Status { status, .. } if status == 503),
        "{error}"
    );
    assert!(!error.is_final());
}

#[tokio::test]
async fn another_server_s_page_is_not_fulcio_s() {
    for body in [&b"<html>"[..], b"{}", br#"{"chains": []}"#, b""] {
        let error = failure(ok(body)).await;
        assert!(matches!(error, Error::NotFulcio { .. }), "{error}");
        assert!(!error.is_final());
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let error = failure(ok(&vec![b' '; 3 << 20])).await;
    assert!(
        matches!(error, Error::NotFulcio { source: None, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{".to_vec();
    let error = failure(answer).await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

/// The chain with its certificates rearranged.
fn rearranged(order: &[usize]) -> Vec<u8> {
    let mut bundle: serde_json::Value = serde_json::from_slice(CHAIN).unwrap();
    let certificates = &mut bundle["chains"][0]["certificates"];
    let order = order.iter().map(|at| certificates[at].clone());
    *certificates = order.collect();
    ok(bundle.to_string().as_bytes())
}

#[tokio::test]
async fn a_chain_may_end_below_its_root() {
    let chains = asked("", rearranged(&[0])).await.0.unwrap();
    assert_eq!(subjects(&chains[0]), ["issuing"]);
}

#[tokio::test]
async fn a_chain_that_the_ct_log_never_takes_is_refused() {
    for order in [&[1, 0][..], &[0, 0, 1], &[0, 1, 1]] {
        let error = failure(rearranged(order)).await;
        assert!(matches!(error, Error::Chain { .. }), "{error}");
        assert!(error.is_final());
    }
}

#[tokio::test]
async fn nobody_there_is_an_error_that_names_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = scaffolding_fulcio::chains(&url.parse().unwrap(), None)
        .await
        .unwrap_err();
    assert!(error.to_string().contains(&url), "{error}");
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}
