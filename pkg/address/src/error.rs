//! Why an address isn't taken.

/// A sentence about what is wrong with an address, for somebody who has it in front of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It isn't an `http` or `https` URL.
    #[error("it has to begin with http:// or https:// and a host")]
    NotHttp,
    /// It is a URL within a URL, `https://https://…`.
    #[error("it begins with http:// or https:// twice")]
    TwoSchemes,
    /// A variable of a shell, of Kubernetes or of a template, or a `<placeholder>`.
    #[error("it has a {0:?} of something that was to be replaced, and wasn't")]
    Placeholder(char),
    /// RFC 3986 has no such character, or not there (sections 2.1 to 2.3).
    #[error("it has a {0:?} that has to be encoded with %")]
    Character(char),
    /// `user:password@` (RFC 3986, section 3.2.1).
    #[error("it has a user or a password, which everybody could read who is told it")]
    Credentials,
    /// `?query` or `#fragment`.
    #[error("it has a query or a fragment, and clients add a path to it")]
    Query,
    /// The host isn't one, or clients disagree about which one it is.
    #[error(
        "its host {0:?} has to be a name of letters, digits, '-', '_' and '.', an IPv4 address \
         such as 10.0.0.1, or an IPv6 address such as [fd00::1]"
    )]
    Host(String),
    /// The port is 0, too large, or no number.
    #[error("its port {0:?} has to be a number from 1 to 65535")]
    Port(String),
    /// The path has segments `.` or `..`, which some clients resolve.
    #[error("its path has to be written without . and ..")]
    Path,
    /// It isn't a target of gRPC that has a host and a port.
    #[error("it has to be of the form host:port, or dns:///host:port")]
    NotTarget,
    /// An origin with a scheme.
    #[error("it has to be a host, without http:// or https:// before it")]
    Scheme,
    /// An origin with a port, which clients don't look at and TesseraCT takes for a scheme.
    #[error("it has a port, and clients compare the host alone")]
    OriginPort,
    /// A character that isn't in every origin's reader.
    #[error("it has a {0:?}, and an origin has letters, digits, '-', '_', '.' and '/' alone")]
    OriginCharacter(char),
    /// A host in upper case, which some clients write in lower case before they compare it.
    #[error("its host {0:?} has to be in lower case")]
    UpperCase(String),
    /// A path with an empty segment, `.` or `..`, or a slash at its end.
    #[error("its path may have no empty part, no . and no ..")]
    OriginPath,
    /// gRPC takes the host for a scheme.
    #[error("grpc-go takes {0:?} for a scheme: write dns:///{0}:PORT")]
    HostIsScheme(String),
}
