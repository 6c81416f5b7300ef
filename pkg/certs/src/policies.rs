//! Certificate policies along a path: RFC 5280, section 6.1, as RFC 9618 mends it, and as Go checks
//! them (`policiesValid` in `crypto/x509/verify.go`, Go 1.26).

use std::collections::BTreeSet;

use x509_cert::der::oid::ObjectIdentifier as Oid;

use crate::Certificate;

/// Whether the policies allow the path: a leaf, and the authorities below the root certificate,
/// whose own constraints Go doesn't look at. Without a leaf it is one that has no policies, as all
/// that Fulcio issues.
///
/// Whoever asks wants any policy, so it is enough to follow the set of those that are expected
/// next, instead of the tree that says where each comes from.
pub(crate) fn are_valid(leaf: Option<&Certificate>, authorities: &[Certificate]) -> bool {
    let unlimited = authorities.len() as u32 + 2;
    let (mut explicit, mut mapping, mut any_policy) = (unlimited, unlimited, unlimited);
    let mut expected = BTreeSet::from([ANY_POLICY]);
    let mut unbroken = true;
    for authority in authorities.iter().rev() {
        let extensions = authority.extensions();
        let self_issued = authority.is_self_issued();
        let asserted = BTreeSet::from_iter(extensions.policies.iter().copied());
        unbroken &= !asserted.is_empty();
        expected = next(&expected, &asserted, any_policy > 0 || self_issued);
        if unbroken && mapping > 0 {
            let mut mapped = extensions.policy_mappings.iter();
            if mapped.any(|(from, to)| [from, to].contains(&&ANY_POLICY)) {
                return false;
            }
        }
        map(&mut expected, &extensions.policy_mappings, mapping > 0);
        for (left, limit) in [
            (&mut explicit, extensions.explicit_policy),
            (&mut mapping, extensions.inhibited_mapping),
            (&mut any_policy, extensions.inhibited_any_policy),
        ] {
            *left = left.saturating_sub(u32::from(!self_issued));
            *left = limit.map_or(*left, |limit| limit.min(*left));
        }
    }
    let policies = leaf.map(|leaf| leaf.extensions().policies.as_slice());
    let asserted = BTreeSet::from_iter(policies.unwrap_or_default().iter().copied());
    let at_once = leaf.is_some_and(|leaf| leaf.extensions().explicit_policy == Some(0));
    let valid = next(&expected, &asserted, any_policy > 0);
    !valid.is_empty() || (explicit > 1 && !at_once)
}

/// What is expected of the next certificate, before it is mapped: what this one asserts and was
/// expected to.
fn next(expected: &BTreeSet<Oid>, asserted: &BTreeSet<Oid>, any_counts: bool) -> BTreeSet<Oid> {
    let named = asserted.iter().filter(|policy| {
        let expected = [policy, &&ANY_POLICY]
            .into_iter()
            .any(|one| expected.contains(*one));
        expected && **policy != ANY_POLICY
    });
    let any = expected
        .iter()
        .filter(|_| any_counts && asserted.contains(&ANY_POLICY));
    named.chain(any).copied().collect()
}

fn map(expected: &mut BTreeSet<Oid>, mappings: &[(Oid, Oid)], allowed: bool) {
    let before = expected.clone();
    for (from, to) in mappings {
        let named = before.contains(from);
        if named {
            expected.remove(from);
        }
        if allowed && (named || before.contains(&ANY_POLICY)) {
            expected.insert(*to);
        }
    }
}

const ANY_POLICY: Oid = Oid::new_unwrap("2.5.29.32.0");
