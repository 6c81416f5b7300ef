//! What Prometheus is told.

use crate::{
    repository::{mount, mounted},
    server,
};

#[test]
fn metrics_tell_traffic_reloads_and_the_days_that_are_left() {
    let (folder, mut publisher) = mounted();
    let server = server(&folder);
    let root = server.get("/root.json");
    let tag = format!("If-None-Match: {}", root.header("etag").unwrap());
    server.ask("HEAD", "/root.json", &[]);
    server.ask("GET", "/root.json", &[&tag]);
    server.ask("POST", "/root.json", &[]);
    let unknown = server.get("/2.root.json");
    let sent = root.body.len() + unknown.body.len() + "only GET and HEAD\n".len();
    let answer = server.told("/metrics");
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    for line in [
        "requests_total{status=\"200\"} 2",
        "requests_total{status=\"304\"} 1",
        "requests_total{status=\"404\"} 1",
        "requests_total{status=\"405\"} 1",
        &format!("sent_bytes_total {sent}"),
        "reloads_total{result=\"ok\"} 1",
        "reloads_total{result=\"failed\"} 0",
        "role_version{role=\"timestamp\"} 1.0",
        "role_days_to_expiry{role=\"root\"} 9.99",
        "role_days_to_expiry{role=\"snapshot\"} 2.99",
        "role_days_to_expiry{role=\"targets\"} 1.99",
        "role_days_to_expiry{role=\"timestamp\"} 0.99",
    ] {
        assert!(server.counts(line), "{line}");
    }
    publisher.next();
    mount(folder.path(), &publisher.archive());
    server.until("it is served", || {
        server.counts("role_version{role=\"timestamp\"} 2.0")
    });
    assert!(server.counts("role_version{role=\"root\"} 1.0"));
}

/// A chain that was replaced is nobody's concern any more.
#[test]
fn metrics_tell_the_days_of_the_certificates_in_use() {
    let (folder, mut publisher) = mounted();
    let server = server(&folder);
    let counted = |service: &str, subject: &str, days: &str| {
        let of = format!("{{service=\"{service}\",subject=\"{subject}\",sha256=\"");
        let metrics = server.told("/metrics").body;
        let metrics = String::from_utf8(metrics).unwrap();
        let lines = metrics.lines();
        lines
            .filter_map(|line| line.strip_prefix("tufserver_certificate_days_to_expiry"))
            .filter_map(|line| line.strip_prefix(&of)?.split_once("\"} "))
            .filter(|(sha256, value)| sha256.len() == 64 && value.starts_with(days))
            .count()
    };
    assert_eq!(counted("fulcio", "CN=for 5 days", "4.99"), 1);
    for subject in ["timestamping", "intermediate", "root"] {
        let subject = format!("CN=TSA {subject},O=example");
        assert_eq!(counted("tsa", &subject, "6.99"), 1, "{subject}");
    }
    publisher.replace_fulcio(3);
    publisher.next();
    mount(folder.path(), &publisher.archive());
    server.until("it is served", || {
        counted("fulcio", "CN=for 3 days", "2.99") == 1
    });
    assert_eq!(counted("fulcio", "CN=for 5 days", ""), 0);
    assert_eq!(counted("tsa", "CN=TSA root,O=example", "6.99"), 1);
}
