//! What can go wrong with an object.

use kube::core::Status;
use refusal::{Object, Refusal};

/// Errors of this crate. None of them holds anything of a Secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no way to the API server.
    #[error("finding the Kubernetes API server")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Somebody wrote the object since it was read.
    #[error("{0} changed meanwhile")]
    Changed(Object),
    /// The account has no right to it.
    #[error("{doing} {object}")]
    Forbidden {
        /// `reading` or `writing`.
        doing: &'static str,
        /// The object that it was done to.
        object: Object,
        /// The API server's words.
        source: Cause,
    },
    /// The API server didn't do it.
    #[error("{doing} {object}")]
    Call {
        /// `reading` or `writing`.
        doing: &'static str,
        /// The object that it was done to.
        object: Object,
        /// The API server's words, or how the connection failed.
        source: Cause,
    },
    /// The object can't be written as it is.
    #[error("{0}")]
    Refused(#[source] Refusal),
}

/// Why the API server didn't do it: its own words, or how the connection failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn call(doing: &'static str, object: Object, cause: kube::Error) -> Self {
        if let kube::Error::Api(status) = &cause
            && let Some(words) = denial(status)
        {
            return Self::Refused(denied(object, words));
        }
        let text = match cause {
            kube::Error::Api(status) if status.is_conflict() || status.is_already_exists() => {
                return Self::Changed(object);
            }
            kube::Error::Api(status) if status.is_invalid() => {
                return Self::Refused(invalid(object, &status));
            }
            kube::Error::Api(status) if status.is_forbidden() => {
                return Self::Forbidden {
                    doing,
                    object,
                    source: Cause(status.message),
                };
            }
            kube::Error::Api(status) => status.message,
            // serde's message may quote what it read.
            kube::Error::SerdeError(_) => "the API server's answer can't be read".into(),
            other => deepest(&other),
        };
        Self::Call {
            doing,
            object,
            source: Cause(text),
        }
    }
}

/// The words of a policy that decided so, a webhook or a ValidatingAdmissionPolicy
/// (`webhook/errors` and `policy/validating` under k8s.io/apiserver's `pkg/admission/plugin`).
fn denial(status: &Status) -> Option<&str> {
    let message = &status.message;
    let after = |words| message.split_once(words).map(|(_, reason)| reason);
    after(" denied the request: ").or_else(|| after(" denied request: "))
}

/// The refusal of an object that a policy doesn't admit. Some policies say much, and their reason
/// last.
fn denied(object: Object, words: &str) -> Refusal {
    let words: Vec<_> = words.split_whitespace().collect();
    let mut text = words.join(" ");
    if let Some((start, _)) = text.char_indices().rev().nth(LONGEST_REASON) {
        text.replace_range(..start, "…");
    }
    Refusal::new(
        object,
        format!("isn't admitted by a policy ({text})"),
        "give it what that asks for with --labels or --annotations, or exempt it there",
    )
}

/// The refusal of an object that the API server finds invalid.
fn invalid(object: Object, status: &Status) -> Refusal {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut texts: Vec<_> = causes.map(|cause| cause.message.as_str()).collect();
    texts.dedup();
    let text = match texts.is_empty() {
        true => status.message.clone(),
        false => texts.join(", "),
    };
    let way_out = if text.contains("Too long") {
        "remove the entries that no Job made"
    } else {
        "correct the flag that asks for it"
    };
    Refusal::new(object, format!("can't be written ({text})"), way_out)
}

/// The last of an error's causes, as a sentence: it has the system's reason, while the errors above
/// it, kube's and hyper's, only name the layer in which the connection failed.
fn deepest(mut error: &dyn std::error::Error) -> String {
    while let Some(cause) = error.source() {
        error = cause;
    }
    format!("the API server can't be reached ({error})")
}

/// The characters of a policy's words that are told.
const LONGEST_REASON: usize = 110;
