//! What can go wrong with a gate.

use job::Refused;

/// Errors of this crate. None of them holds anything of a Secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no way to the API server.
    #[error("finding the Kubernetes API server")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Somebody wrote the object since it was read.
    #[error("{0} changed meanwhile")]
    Changed(String),
    /// Waiting helps.
    #[error("{0}")]
    NotYet(String),
    /// The account has no right to it.
    #[error("{0}")]
    Forbidden(String, #[source] Cause),
    /// The API server didn't do it.
    #[error("{0}")]
    Call(String, #[source] Cause),
    /// The object can't be written as it is.
    #[error("{0}")]
    Refused(#[source] Refused),
}

/// Why the API server didn't do it: its own words, or how the connection failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn call(
        doing: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        cause: kube::Error,
    ) -> Self {
        let object = match namespace {
            "" => format!("{kind} {name}"),
            _ => format!("{kind} {namespace}/{name}"),
        };
        match cause {
            kube::Error::Api(status) if status.is_conflict() || status.is_already_exists() => {
                Self::Changed(object)
            }
            kube::Error::Api(status) if status.is_invalid() => Self::Refused(Refused::new(
                format!("{object} can't be written: {}", status.message),
            )),
            kube::Error::Api(status) if status.is_forbidden() => {
                Self::Forbidden(format!("{doing} {object}"), Cause(status.message.clone()))
            }
            kube::Error::Api(status) => {
                Self::Call(format!("{doing} {object}"), Cause(status.message.clone()))
            }
            // serde's message may quote what it read.
            kube::Error::SerdeError(_) => Self::Call(
                format!("{doing} {object}"),
                Cause("the API server's answer can't be read".into()),
            ),
            other => Self::Call(format!("{doing} {object}"), Cause(deepest(&other))),
        }
    }
}

/// The last of an error's causes: kube and hyper name the layer, the system names the reason.
fn deepest(mut error: &dyn std::error::Error) -> String {
    while let Some(cause) = error.source() {
        error = cause;
    }
    format!("the API server can't be reached ({error})")
}
