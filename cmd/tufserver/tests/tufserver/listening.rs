//! The addresses that are listened to.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream},
    process::Command,
};

use super::{mounted, server};

#[test]
fn ipv4_and_ipv6_are_listened_to() {
    let (folder, _) = mounted();
    let server = server(&folder);
    // A machine may have no IPv6.
    let addresses = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        Ipv6Addr::LOCALHOST.into(),
    ]
    .into_iter()
    .filter(|address| TcpListener::bind((*address, 0)).is_ok());
    for address in addresses {
        for port in [server.port, server.health_port] {
            TcpStream::connect((address, port)).unwrap();
        }
    }
}

#[test]
fn a_port_that_is_taken_is_one_clear_line() {
    let taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = Command::new(env!("CARGO_BIN_EXE_tufserver"))
        .args([format!("--port={port}"), "--repository=/nowhere".into()])
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        log.contains(&format!("listening on port {port}: ")),
        "{log}"
    );
}
