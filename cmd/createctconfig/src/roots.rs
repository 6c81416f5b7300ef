//! The root certificates that certificates in the log chain to.

use std::{error::Error as _, time::SystemTime};

use certs::{Certificate, Chain};
use ctfe::Roots;
use gate::{Gate, Secret};
use refusal::{Object, Refusal, sentence};

use crate::{flags::Args, served::fulcio_at};

/// The roots in the private Secret.
pub(crate) fn accepted(secret: &Gate<Secret>) -> Result<Roots, Refusal> {
    Roots::in_entries(secret.entries().iter()).map_err(|error| {
        let object = match &error {
            ctfe::Error::Roots { entry, .. } => secret.entry(entry),
            _ => secret.object(),
        };
        let cause = error.source().map_or_else(|| error.to_string(), sentence);
        Refusal::new(
            object,
            format!("can't be used ({cause})"),
            "correct it, or remove it to have its roots trusted no longer",
        )
    })
}

/// The roots in the private Secret, and Fulcio's.
///
/// A new root beside old ones needs `--accept-changes`. Otherwise somebody who answers in Fulcio's
/// place would only have to wait for the next run, and could log certificates of their own.
pub(crate) fn trusted(
    args: &Args,
    secret: &Gate<Secret>,
    fulcio: &[Chain],
) -> Result<Roots, Refusal> {
    let accepted = accepted(secret)?;
    let fulcio: Vec<_> = fulcio.iter().map(|chain| chain.root().clone()).collect();
    with_new(args, &secret.object(), accepted, &fulcio, SystemTime::now())
}

/// The published roots with those of Fulcio's that are new, if they are accepted.
fn with_new(
    args: &Args,
    secret: &Object,
    published: Roots,
    fulcio: &[Certificate],
    now: SystemTime,
) -> Result<Roots, Refusal> {
    let mut roots = published.clone();
    for root in published.missing(fulcio) {
        if !published.is_empty() && !args.accept_changes {
            let subject = root.subject();
            let not_before = humantime::format_rfc3339_seconds(root.not_before());
            return Err(Refusal::new(
                secret,
                format!(
                    "has other roots than Fulcio, whose root is {subject} (not before {not_before})"
                ),
                match args.origin {
                    None => "check it, and add --accept-changes to trust it beside the old ones",
                    Some(_) => {
                        "check it, add --accept-changes to trust it beside the old ones, and restart TesseraCT, \
                         which reads roots at its start alone"
                    }
                },
            ));
        }
        roots.add(root, now).map_err(|error| {
            Refusal::new(
                fulcio_at(args),
                format!("has a root that can't be used ({error})"),
                "put another certificate into Fulcio's Secret, and restart it",
            )
        })?;
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use std::{slice, time::Duration};

    use certs::{Subject, Validity};
    use keys::{Kind, PrivateKey};

    use super::*;

    fn root(common_name: &str) -> Certificate {
        let subject = Subject {
            common_name: common_name.into(),
            ..Subject::default()
        };
        let validity = Validity {
            not_before: NOW,
            not_after: NOW + Duration::from_secs(60),
        };
        certs::root_certificate(&PrivateKey::generate(Kind::EcdsaP256), &subject, validity).unwrap()
    }

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    #[test]
    fn the_first_roots_are_trusted_and_later_ones_only_when_accepted() {
        let (old, new) = (root("old"), root("new"));
        let trusted = |flags: &[&str], roots, fulcio| {
            with_new(
                &Args::with_flags(flags),
                &"Secret a/b".into(),
                roots,
                fulcio,
                NOW,
            )
        };
        let first = trusted(&[], Roots::default(), slice::from_ref(&old)).unwrap();
        assert_eq!(
            trusted(&[], first.clone(), slice::from_ref(&old)).unwrap(),
            first
        );

        let refused = trusted(&[], first.clone(), slice::from_ref(&new)).unwrap_err();
        let refused = refused.to_string();
        assert!(
            refused.contains("CN=new (not before 1970-01-01T00:00:00Z)"),
            "{refused}"
        );

        let both = trusted(&["--accept-changes"], first, slice::from_ref(&new)).unwrap();
        let files: Vec<_> = both.to_entries().map(|(_, file)| file).collect();
        assert_eq!(files[0], old.to_pem() + &new.to_pem());
    }
}
