//! A host and a port (RFC 3986, sections 3.2.2 and 3.2.3).

use std::net::Ipv6Addr;

use url::Host;

use crate::Error;

/// The host and the port of `authority`, each checked and as it was written.
pub(crate) fn parse(authority: &str) -> Result<(&str, Option<u16>), Error> {
    let after_address = authority.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match authority[after_address..].find(':') {
        Some(colon) => {
            let (host, port) = authority.split_at(after_address + colon);
            (host, Some(&port[1..]))
        }
        None => (authority, None),
    };
    // An IPv6 address without brackets has more colons.
    if port.is_some_and(|port| port.contains(':')) {
        return Err(Error::Host(authority.into()));
    }
    if !is_host(host) {
        return Err(Error::Host(host.into()));
    }
    Ok((host, port.map(read_port).transpose()?))
}

/// Whether all clients take `text` for the same host. A name whose last part is a number is an IPv4
/// address to JavaScript and to the C library (`127.1`, `0x7f.1`, `010.0.0.1`), and a name to Go.
fn is_host(text: &str) -> bool {
    match Host::parse(text) {
        Ok(Host::Domain(name)) => name.eq_ignore_ascii_case(text) && is_name(text),
        Ok(Host::Ipv4(address)) => address.to_string() == text,
        Ok(Host::Ipv6(address)) => is_ipv6(text, address),
        Err(_) => false,
    }
}

/// Whether it is a name that DNS can hold (RFC 1035, section 2.3.4), with underscores, as
/// Kubernetes' own DNS has them, and with or without the root's dot.
fn is_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.chars().all(is_inner);
    text.len() <= 253 && text.split('.').all(is_label)
}

/// Whether `text` is `address` in brackets.
fn is_ipv6(text: &str, address: Ipv6Addr) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse() == Ok(address))
}

fn read_port(text: &str) -> Result<u16, Error> {
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let port = digits.and_then(|digits| digits.parse().ok());
    port.filter(|port| *port > 0)
        .ok_or_else(|| Error::Port(text.into()))
}
