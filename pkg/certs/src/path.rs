//! The way from a chain's first certificate to its last, as Go looks for it (`buildChains` in
//! `crypto/x509/verify.go`, Go 1.26): those between may stand in any order.

use std::cmp::Reverse;

use crate::{Certificate, Error, Result};

/// The path through `file` whose end comes last.
///
/// # Errors
///
/// Why there is none: [`Error::Order`], [`Error::NoIssuer`] or [`Error::Unfit`].
pub(crate) fn through(file: &[Certificate]) -> Result<Vec<Certificate>> {
    let [first, between @ .., last] = file else {
        return Ok(file.to_vec());
    };
    if first == last {
        return Ok(vec![first.clone()]);
    }
    let mut search = Search {
        between,
        last,
        found: vec![],
        problem: (0, None),
        checks: 0,
    };
    search.extend(&mut vec![first]);
    let end = |path: &Vec<&Certificate>| {
        let ends = path.iter().map(|certificate| certificate.not_after());
        Reverse(ends.min())
    };
    match search.found.into_iter().min_by_key(end) {
        Some(path) => Ok(path.into_iter().cloned().collect()),
        None => Err(search.problem.1.unwrap_or_else(|| first.no_issuer())),
    }
}

struct Search<'a> {
    between: &'a [Certificate],
    last: &'a Certificate,
    found: Vec<Vec<&'a Certificate>>,
    /// What ended the longest way that leads nowhere, and its length.
    problem: (usize, Option<Error>),
    checks: usize,
}

impl<'a> Search<'a> {
    fn extend(&mut self, path: &mut Vec<&'a Certificate>) {
        let (last, between) = (self.last, self.between);
        let mut candidates = false;
        for (issuer, is_last) in
            std::iter::once((last, true)).chain(between.iter().map(|c| (c, false)))
        {
            let tip = path[path.len() - 1];
            let again = path.iter().any(|earlier| earlier.is_same_authority(issuer));
            if again || !tip.is_issued_by(issuer) || self.checks == MOST_CHECKS {
                continue;
            }
            self.checks += 1;
            candidates = true;
            match tip.check_signature(issuer) {
                Err(problem) => self.note(path.len(), problem),
                Ok(()) if is_last => self.found.push([path.as_slice(), &[issuer]].concat()),
                // Go wants more of an intermediate than of the last: version 1 isn't enough.
                Ok(()) if !issuer.is_ca() => {
                    self.note(
                        path.len(),
                        issuer.unfit("is no certificate authority (version 1)"),
                    );
                }
                Ok(()) => {
                    path.push(issuer);
                    self.extend(path);
                    path.pop();
                }
            }
        }
        if !candidates {
            self.note(path.len(), path[path.len() - 1].no_issuer());
        }
    }

    fn note(&mut self, length: usize, problem: Error) {
        if length > self.problem.0 {
            self.problem = (length, Some(problem));
        }
    }
}

impl Certificate {
    fn no_issuer(&self) -> Error {
        Error::NoIssuer {
            subject: self.name(),
            issuer: self.issuer(),
        }
    }
}

/// As many signatures as Go verifies for one certificate (`maxChainSignatureChecks`).
const MOST_CHECKS: usize = 100;
