//! The root certificates that certificates in the log chain to.

use std::{error::Error as _, time::SystemTime};

use anyhow::Result;
use certs::Certificate;
use ctfe::Roots;
use gate::{Gate, Secret};
use job::OrRefuse as _;
use refusal::{Object, Refusal, sentence};

use crate::flags::Args;

/// Asks Fulcio for the root certificates of its chains.
pub(crate) async fn from_fulcio(args: &Args) -> Result<Vec<Certificate>> {
    let chains = fulcio::chains(&args.fulcio_url).await;
    let chains = chains.or_refuse("asking for Fulcio's root", |error| {
        let cause = error.source().map_or_else(|| error.to_string(), sentence);
        Refusal::new(
            fulcio_at(args),
            format!("has certificates that can't be used ({cause})"),
            "put the right ones into Fulcio's Secret, and restart it",
        )
    })?;
    Ok(chains.iter().map(|chain| chain.root().clone()).collect())
}

/// The roots in the private Secret, and Fulcio's.
///
/// A new root beside old ones needs `--accept-changes`. Otherwise somebody who answers in Fulcio's
/// place would only have to wait for the next run, and could log certificates of their own.
pub(crate) fn trusted(
    args: &Args,
    secret: &Gate<Secret>,
    fulcio: &[Certificate],
) -> Result<Roots, Refusal> {
    let published = Roots::in_entries(secret.entries().iter()).map_err(|error| {
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
    })?;
    with_new(args, &secret.object(), published, fulcio, SystemTime::now())
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
                "check it, and add --accept-changes to trust it beside the old ones",
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

fn fulcio_at(args: &Args) -> Object {
    format!("Fulcio at {}", args.fulcio_url).into()
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
