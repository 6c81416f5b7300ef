//! Targets of gRPC (<https://github.com/grpc/grpc/blob/master/doc/naming.md>).

use std::{fmt, str::FromStr};

use crate::{Error, authority, url};

/// Where a gRPC server listens: `log-server.trillian-system.svc:80` or
/// `dns:///log-server.trillian-system.svc:80`, which means the same to us; grpc-go resolves the
/// latter again while it runs, and spreads its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    text: String,
    authority: String,
}

impl Target {
    /// The host and the port, without the scheme.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        url::check_characters(text)?;
        let authority = text.strip_prefix(DNS).unwrap_or(text);
        if authority.contains(['/', '?', '#']) {
            return Err(Error::NotTarget);
        }
        if authority.contains('@') {
            return Err(Error::Credentials);
        }
        let (host, port) = authority::parse(authority)?;
        if port.is_none() {
            return Err(Error::NotTarget);
        }
        if authority == text
            && SCHEMES
                .iter()
                .any(|scheme| host.eq_ignore_ascii_case(scheme))
        {
            return Err(Error::HostIsScheme(host.into()));
        }
        Ok(Self {
            text: text.into(),
            authority: authority.into(),
        })
    }
}

/// As it was written.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const DNS: &str = "dns:///";

/// Those that grpc-go registers by itself (`internal/resolver`), so that it takes `dns:80` for the
/// host `80`.
const SCHEMES: [&str; 4] = ["dns", "passthrough", "unix", "unix-abstract"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_are_a_target() {
        for text in [
            "log-server.trillian-system.svc:80",
            "log_server:80",
            "log-server.:80",
            "10.0.0.1:8090",
            "[::1]:8090",
        ] {
            let with_scheme = format!("dns:///{text}");
            for written in [text, &with_scheme] {
                let target: Target = written.parse().unwrap();
                assert_eq!(target.to_string(), written);
                assert_eq!(target.authority(), text);
            }
        }
    }

    #[test]
    fn anything_else_is_not_and_is_told_why() {
        for (text, reason) in [
            ("", "host"),
            ("host", "host:port"),
            ("[::1]", "host:port"),
            ("::1:80", "[fd00::1]"),
            (":80", "host"),
            ("host:", "port"),
            ("host:http", "port"),
            ("host:0", "port"),
            ("host:+80", "port"),
            ("host:99999", "port"),
            ("http://host:80", "host:port"),
            ("unix:///run/trillian", "host:port"),
            ("dns://8.8.8.8/host:80", "host:port"),
            ("dns:///", "host"),
            ("host:80/x", "host:port"),
            ("a:1,b:1", "host"),
            ("user@host:80", "user"),
            ("a b:1", "' '"),
            ("$(TRILLIAN):80", "replaced"),
            ("<host>:80", "replaced"),
            ("1.2.3:80", "host"),
            ("host..svc:80", "host"),
            ("dns:80", "dns:///dns:PORT"),
        ] {
            let error = text.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!("dns:///dns:80".parse::<Target>().is_ok());
    }
}
