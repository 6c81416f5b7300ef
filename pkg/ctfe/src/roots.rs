//! The root certificates that certificates in the log chain to.

use std::time::SystemTime;

use certs::Certificate;
use contract::{A_ROOT, ROOT_CA};

use crate::{Error, Result};

/// Root certificates in the order in which they were first trusted, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots(Vec<Certificate>);

impl Roots {
    /// The roots in the entries of a Secret: `rootca`, then `fulcio-0`, `fulcio-1` and so on
    /// (which may hold the same ones), read as ct_server does. Empty entries and others aren't
    /// looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Roots`].
    pub fn in_entries<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Self> {
        let mut files: Vec<_> = entries
            .filter(|(_, file)| !file.is_empty())
            .filter_map(|(entry, file)| Some((position(entry)?, entry, file)))
            .collect();
        files.sort_unstable();
        let mut roots = Self::default();
        for (_, entry, file) in files {
            let bundle = certs::read_pool(file).map_err(|source| Error::Roots {
                entry: entry.to_owned(),
                source,
            })?;
            roots.0.extend(bundle);
        }
        roots.dedup();
        Ok(roots)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Those of `others` that aren't among these.
    pub fn missing<'a>(&self, others: &'a [Certificate]) -> Vec<&'a Certificate> {
        others
            .iter()
            .filter(|root| !self.0.contains(root))
            .collect()
    }

    /// Adds the last certificate of a chain. ct_server takes one that isn't signed by itself as
    /// well (`ValidateChain` in `trillian/ctfe/cert_checker.go`).
    ///
    /// # Errors
    ///
    /// [`Error::NoRoot`] for a certificate that nothing can be issued under at `now`.
    pub fn add(&mut self, root: &Certificate, now: SystemTime) -> Result<()> {
        let reason = if !root.may_sign() {
            "it may not sign certificates"
        } else if root.not_after() < now {
            "it has expired"
        } else {
            self.0.push(root.clone());
            self.dedup();
            return Ok(());
        };
        Err(Error::NoRoot {
            subject: root.subject(),
            reason,
        })
    }

    /// The entries of a Secret: all roots in `rootca`, and each in an entry `fulcio-…` of its own.
    pub fn to_entries(&self) -> impl Iterator<Item = (String, String)> {
        let each = self.0.iter().enumerate();
        let each = each.map(|(i, root)| (format!("{A_ROOT}{i}"), root.to_pem()));
        std::iter::once((ROOT_CA.to_owned(), self.to_file())).chain(each)
    }

    /// All roots in one file, which is all that TesseraCT reads (`RootsPEMFile` in its `ctlog.go`).
    pub fn to_file(&self) -> String {
        certs::write_bundle(&self.0)
    }

    fn dedup(&mut self) {
        let all = std::mem::take(&mut self.0);
        for root in all {
            if !self.0.contains(&root) {
                self.0.push(root);
            }
        }
    }
}

/// Where the roots of an entry come in the order; `None` for an entry that holds no roots. One that
/// is called `fulcio-` and not numbered was put there by a person, and comes last.
fn position(entry: &str) -> Option<(u8, usize)> {
    if entry == ROOT_CA {
        return Some((0, 0));
    }
    let number = entry.strip_prefix(A_ROOT)?.parse();
    Some(number.map_or((2, 0), |number| (1, number)))
}
