//! Name constraints along a path: RFC 5280, section 4.2.1.10, as Go checks them
//! (`crypto/x509/constraints.go`, Go 1.26): of names in SubjectAltName, and of no others.

use x509_cert::ext::pkix::{NameConstraints, constraints::name::GeneralSubtree, name::GeneralName};

use crate::Certificate;

/// A name that an authority above it doesn't allow, the lowest first.
pub(crate) fn forbidden(path: &[Certificate]) -> Option<(&Certificate, &Certificate)> {
    path.iter().enumerate().find_map(|(at, certificate)| {
        let names = &certificate.extensions().names;
        let forbids = |above: &&Certificate| {
            let constraints = above.extensions().name_constraints.as_ref();
            constraints
                .is_some_and(|constraints| !names.iter().all(|name| allows(constraints, name)))
        };
        let above = path[at + 1..].iter().find(forbids)?;
        Some((certificate, above))
    })
}

fn allows(constraints: &NameConstraints, name: &GeneralName) -> bool {
    let of_its_kind = |subtrees: &'_ Option<Vec<GeneralSubtree>>| -> Vec<GeneralName> {
        let subtrees = subtrees.iter().flatten().map(|subtree| &subtree.base);
        let alike =
            |base: &&GeneralName| std::mem::discriminant(*base) == std::mem::discriminant(name);
        subtrees.filter(alike).cloned().collect()
    };
    let permitted = of_its_kind(&constraints.permitted_subtrees);
    let excluded = of_its_kind(&constraints.excluded_subtrees);
    if permitted.is_empty() && excluded.is_empty() {
        return true;
    }
    let is_within = |base: &GeneralName| within(name, base);
    (permitted.is_empty() || permitted.iter().any(is_within)) && !excluded.iter().any(is_within)
}

/// Whether a name is in the subtree of `base`, which is of its kind.
fn within(name: &GeneralName, base: &GeneralName) -> bool {
    match (name, base) {
        (GeneralName::DnsName(name), GeneralName::DnsName(base)) => {
            domain_within(name.as_str(), base.as_str())
        }
        (GeneralName::Rfc822Name(name), GeneralName::Rfc822Name(base)) => {
            let domain = |address: &str| {
                let (mailbox, domain) = address.rsplit_once('@')?;
                Some((mailbox.to_owned(), domain.to_ascii_lowercase()))
            };
            match (domain(name.as_str()), domain(base.as_str())) {
                (Some(name), Some(base)) => name == base,
                (Some((_, name)), None) => domain_within(&name, base.as_str()),
                (None, _) => false,
            }
        }
        (
            GeneralName::UniformResourceIdentifier(name),
            GeneralName::UniformResourceIdentifier(base),
        ) => domain_within(host(name.as_str()), base.as_str()),
        (GeneralName::IpAddress(name), GeneralName::IpAddress(base)) => {
            let (name, (network, mask)) = (
                name.as_bytes(),
                base.as_bytes().split_at(base.as_bytes().len() / 2),
            );
            let mut bytes = name.iter().zip(network.iter().zip(mask));
            name.len() == network.len()
                && bytes.all(|(byte, (network, mask))| byte & mask == network & mask)
        }
        _ => false,
    }
}

/// Whether a domain is `base` or below it; only below it, if `base` begins with a dot.
fn domain_within(domain: &str, base: &str) -> bool {
    let (domain, base) = (domain.to_ascii_lowercase(), base.to_ascii_lowercase());
    match domain.strip_suffix(&base) {
        Some(rest) => {
            rest.is_empty() || base.is_empty() || base.starts_with('.') || rest.ends_with('.')
        }
        None => false,
    }
}

/// The host in a URI.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host.rsplit_once(':').map_or(host, |(host, _)| host)
}
