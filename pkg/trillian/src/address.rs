//! Where Trillian's log server listens.

use std::{fmt, str::FromStr};

use tonic::transport::Uri;

/// A host and a port, such as `log-server.trillian-system.svc:80`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri = format!("http://{text}").parse::<Uri>().ok();
        let authority = uri.and_then(|uri| uri.into_parts().authority);
        match authority {
            Some(authority)
                if authority == *text
                    && !authority.host().is_empty()
                    && authority.port_u16().is_some() =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err("not of the form host:port"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_are_an_address() {
        for text in [
            "log-server.trillian-system.svc:80",
            "10.0.0.1:8090",
            "[::1]:8090",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_not() {
        for text in [
            "",
            "host",
            ":80",
            "host:",
            "host:http",
            "host:99999",
            "http://host:80",
            "host:80/x",
            "a b:1",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
