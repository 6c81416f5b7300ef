//! Ways in which a certificate is unusual or wrong.

use super::{
    certificate::{Certificate, lifetime},
    der::{element, extension, name, name_of, oid, oids, sequence},
};

/// What an edit is called, and what it does.
pub(super) type Edit = (&'static str, fn(&mut Certificate));

pub(super) const EDITS: &[(&str, &[Edit])] = &[
    ("basic-constraints", BASIC_CONSTRAINTS),
    ("key-usage", KEY_USAGE),
    ("purpose", PURPOSE),
    ("name-constraints", NAME_CONSTRAINTS),
    ("policy", POLICY),
    ("extension", EXTENSION),
    ("field", FIELD),
    ("encoding", ENCODING),
];

const BC: &str = "2.5.29.19";
const KU: &str = "2.5.29.15";
const EKU: &str = "2.5.29.37";
const SAN: &str = "2.5.29.17";
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const ANY: &str = "2.5.29.37.0";
const PRIVATE: &str = "1.3.6.1.4.1.55555.1";
const TRUE: [u8; 3] = [1, 1, 0xff];

/// An authority that may have so many others below it.
fn longest(certificate: &mut Certificate, length: &[u8]) {
    certificate.set(BC, true, &sequence([&TRUE, &element(2, length)]));
}

const BASIC_CONSTRAINTS: &[Edit] = &[
    ("none", |c| c.remove(BC)),
    ("not-critical", |c| c.set(BC, false, &element(0x30, TRUE))),
    ("empty", |c| c.set(BC, true, &element(0x30, []))),
    ("false", |c| c.set(BC, true, &element(0x30, [1, 1, 0]))),
    ("true-as-one", |c| {
        c.set(BC, true, &element(0x30, [1, 1, 1]))
    }),
    ("length-0", |c| longest(c, &[0])),
    ("length-1", |c| longest(c, &[1])),
    ("length-2", |c| longest(c, &[2])),
    ("length-300", |c| longest(c, &[1, 44])),
    ("length-negative", |c| longest(c, &[0xff])),
    ("length-of-a-leaf", |c| {
        c.set(BC, true, &element(0x30, [2, 1, 0]))
    }),
    ("garbage", |c| c.set(BC, true, &[1, 2, 3])),
];

const KEY_USAGE: &[Edit] = &[
    ("none", |c| c.remove(KU)),
    ("not-critical", |c| c.set(KU, false, &[3, 2, 1, 6])),
    ("signature-only", |c| c.set(KU, true, &[3, 2, 7, 0x80])),
    ("signature-and-certificates", |c| {
        c.set(KU, true, &[3, 2, 2, 0x84])
    }),
    ("revocation-only", |c| c.set(KU, true, &[3, 2, 1, 2])),
    ("nothing", |c| c.set(KU, true, &[3, 1, 0])),
    ("encipher", |c| c.set(KU, true, &[3, 2, 5, 0x20])),
    ("garbage", |c| c.set(KU, true, &[2, 1, 6])),
];

const PURPOSE: &[Edit] = &[
    ("none", |c| c.remove(EKU)),
    ("code-signing", |c| {
        c.set(EKU, false, &oids(&[CODE_SIGNING]))
    }),
    ("code-signing-critical", |c| {
        c.set(EKU, true, &oids(&[CODE_SIGNING]))
    }),
    ("time-stamping", |c| {
        c.set(EKU, false, &oids(&[TIME_STAMPING]))
    }),
    ("time-stamping-critical", |c| {
        c.set(EKU, true, &oids(&[TIME_STAMPING]))
    }),
    ("server-auth", |c| c.set(EKU, false, &oids(&[SERVER_AUTH]))),
    ("server-auth-and-code-signing", |c| {
        c.set(EKU, false, &oids(&[SERVER_AUTH, CODE_SIGNING]))
    }),
    ("both", |c| {
        c.set(EKU, true, &oids(&[CODE_SIGNING, TIME_STAMPING]))
    }),
    ("any", |c| c.set(EKU, false, &oids(&[ANY]))),
    ("any-and-code-signing", |c| {
        c.set(EKU, false, &oids(&[ANY, CODE_SIGNING]))
    }),
    ("private", |c| c.set(EKU, false, &oids(&[PRIVATE]))),
    ("private-and-time-stamping", |c| {
        c.set(EKU, true, &oids(&[PRIVATE, TIME_STAMPING]))
    }),
    ("twice", |c| {
        c.set(EKU, true, &oids(&[TIME_STAMPING, TIME_STAMPING]))
    }),
    ("empty", |c| c.set(EKU, false, &oids(&[]))),
];

/// Sets constraints: `which` is 0 for those permitted, 1 for those excluded.
fn constrain(certificate: &mut Certificate, critical: bool, which: u8, base: &[u8]) {
    let subtrees = element(0xa0 | which, element(0x30, base));
    certificate.set("2.5.29.30", critical, &element(0x30, subtrees));
}

const NAME_CONSTRAINTS: &[Edit] = &[
    ("domain", |c| {
        constrain(c, true, 0, &element(0x82, b"example.com"))
    }),
    ("domain-not-critical", |c| {
        constrain(c, false, 0, &element(0x82, b"example.com"))
    }),
    ("domain-excluded", |c| {
        constrain(c, true, 1, &element(0x82, b"example.org"))
    }),
    ("host-of-the-issued", |c| {
        constrain(c, true, 0, &element(0x86, b"example.com"))
    }),
    ("another-host", |c| {
        constrain(c, true, 0, &element(0x86, b"example.org"))
    }),
    ("host-excluded", |c| {
        constrain(c, true, 1, &element(0x86, b"example.com"))
    }),
    ("address", |c| {
        constrain(c, true, 0, &element(0x87, [10, 0, 0, 0, 255, 0, 0, 0]))
    }),
    ("address-of-a-wrong-length", |c| {
        constrain(c, true, 0, &element(0x87, [10, 0, 0]))
    }),
    ("address-with-a-wrong-mask", |c| {
        constrain(c, true, 0, &element(0x87, [10, 0, 0, 0, 1, 0, 0, 0]));
    }),
    ("mailbox", |c| {
        constrain(c, true, 0, &element(0x81, b"example.com"))
    }),
    ("directory", |c| {
        constrain(c, true, 0, &element(0xa4, name("example")))
    }),
    ("directory-not-critical", |c| {
        constrain(c, false, 0, &element(0xa4, name("example")))
    }),
    ("empty", |c| c.set("2.5.29.30", true, &element(0x30, []))),
    ("nothing-permitted", |c| {
        c.set("2.5.29.30", true, &element(0x30, element(0xa0, [])))
    }),
];

const POLICIES: &str = "2.5.29.32";

/// Asserts policies.
fn assert(certificate: &mut Certificate, policies: &[&str]) {
    let policies: Vec<u8> = policies
        .iter()
        .flat_map(|id| sequence([&oid(id)]))
        .collect();
    certificate.set(POLICIES, false, &element(0x30, policies));
}

fn require(certificate: &mut Certificate, after: u8) {
    certificate.set("2.5.29.36", true, &element(0x30, element(0x80, [after])));
}

const POLICY: &[Edit] = &[
    ("one", |c| assert(c, &[PRIVATE])),
    ("any", |c| assert(c, &["2.5.29.32.0"])),
    ("twice", |c| assert(c, &[PRIVATE, PRIVATE])),
    ("critical", |c| {
        let policy = element(0x30, sequence([&oid(PRIVATE)]));
        c.set(POLICIES, true, &policy);
    }),
    ("required-at-once", |c| require(c, 0)),
    ("required-after-1", |c| require(c, 1)),
    ("required-after-2", |c| require(c, 2)),
    ("required-after-9", |c| require(c, 9)),
    ("required-and-asserted", |c| {
        require(c, 0);
        assert(c, &[PRIVATE]);
    }),
    ("no-mapping", |c| {
        c.set("2.5.29.36", true, &element(0x30, element(0x81, [0])))
    }),
    ("constraints-empty", |c| {
        c.set("2.5.29.36", true, &element(0x30, []))
    }),
    ("no-any-policy", |c| c.set("2.5.29.54", true, &[2, 1, 0])),
    ("mapped", |c| {
        assert(c, &[PRIVATE]);
        let pair = sequence([&oid(PRIVATE), &oid("1.3.6.1.4.1.55555.2")]);
        c.set("2.5.29.33", true, &element(0x30, pair));
    }),
    ("mapped-from-any", |c| {
        assert(c, &[PRIVATE]);
        let pair = sequence([&oid("2.5.29.32.0"), &oid(PRIVATE)]);
        c.set("2.5.29.33", true, &element(0x30, pair));
    }),
];

/// SubjectAltName with one name.
fn named(certificate: &mut Certificate, critical: bool, name: &[u8]) {
    certificate.set(SAN, critical, &element(0x30, name));
}

const EXTENSION: &[Edit] = &[
    ("private", |c| c.add(PRIVATE, false, &[5, 0])),
    ("private-critical", |c| c.add(PRIVATE, true, &[5, 0])),
    ("twice", |c| {
        c.add(PRIVATE, false, &[5, 0]);
        c.add(PRIVATE, false, &[5, 0]);
    }),
    ("key-identifier-none", |c| c.remove("2.5.29.14")),
    ("key-identifier-another", |c| {
        c.set("2.5.29.14", false, &element(4, [1; 20]))
    }),
    ("key-identifier-critical", |c| {
        c.set("2.5.29.14", true, &element(4, [1; 20]))
    }),
    ("key-identifier-garbage", |c| {
        c.set("2.5.29.14", false, &[1; 20])
    }),
    ("issuer-key-identifier-none", |c| c.remove("2.5.29.35")),
    ("issuer-key-identifier-another", |c| {
        c.set("2.5.29.35", false, &element(0x30, element(0x80, [2; 20])))
    }),
    ("issuer-key-identifier-critical", |c| {
        c.set("2.5.29.35", true, &element(0x30, element(0x80, [2; 20])));
    }),
    ("issuer-key-identifier-empty", |c| {
        c.set("2.5.29.35", false, &element(0x30, []))
    }),
    ("where-critical", |c| {
        let uri = sequence([&oid("1.3.6.1.5.5.7.48.1"), &element(0x86, b"http://a")]);
        c.set("1.3.6.1.5.5.7.1.1", true, &element(0x30, uri));
    }),
    ("revocation-list", |c| {
        let uri = element(0xa0, element(0xa0, element(0x86, b"http://a")));
        c.set("2.5.29.31", false, &element(0x30, element(0x30, uri)));
    }),
    ("revocation-list-garbage", |c| {
        c.set("2.5.29.31", false, &[1, 2])
    }),
    ("name", |c| {
        named(c, false, &element(0x82, b"ca.example.com"))
    }),
    ("name-critical", |c| {
        named(c, true, &element(0x82, b"ca.example.com"))
    }),
    ("name-directory-critical", |c| {
        named(c, true, &element(0xa4, name("a")))
    }),
    ("name-no-ascii", |c| named(c, false, &element(0x82, [0xe4]))),
    ("name-address-of-a-wrong-length", |c| {
        named(c, false, &element(0x87, [1, 2, 3]))
    }),
    ("name-none", |c| c.set(SAN, false, &element(0x30, []))),
    ("poison", |c| {
        c.add("1.3.6.1.4.1.11129.2.4.3", true, &[5, 0])
    }),
];

const FIELD: &[Edit] = &[
    ("serial-0", |c| c.serial = vec![0]),
    ("serial-negative", |c| c.serial = vec![0xff]),
    ("serial-of-20-bytes", |c| c.serial = vec![0x7f; 20]),
    ("serial-of-21-bytes", |c| {
        c.serial = [&[0], &[0xff; 20][..]].concat()
    }),
    ("serial-of-30-bytes", |c| c.serial = vec![0x7f; 30]),
    ("version-1", |c| {
        c.version.clear();
        c.extensions.clear();
    }),
    ("version-1-with-extensions", |c| c.version.clear()),
    ("version-2", |c| {
        c.version = element(0xa0, element(2, [1]));
        c.extensions.clear();
    }),
    ("version-4", |c| c.version = element(0xa0, element(2, [3]))),
    ("expired", |c| {
        c.validity = lifetime(b"240101000000Z", b"240102000000Z")
    }),
    ("without-end", |c| {
        c.validity = [
            element(0x17, b"240101000000Z"),
            element(0x18, b"99991231235959Z"),
        ]
        .concat();
    }),
    ("time-generalized", |c| {
        c.validity = [
            element(0x18, b"20240101000000Z"),
            element(0x17, b"491231235959Z"),
        ]
        .concat();
    }),
    ("time-without-seconds", |c| {
        c.validity = lifetime(b"2401010000Z", b"491231235959Z")
    }),
    ("time-with-offset", |c| {
        c.validity = lifetime(b"240101000000+0100", b"491231235959Z")
    }),
    ("subject-empty", |c| c.subject = element(0x30, [])),
    ("subject-printable", |c| {
        c.subject = name_of(0x13, b"Some Name")
    }),
    ("subject-printable-with-at", |c| {
        c.subject = name_of(0x13, b"a@b")
    }),
    ("subject-latin", |c| c.subject = name_of(0x14, b"M\xfcller")),
    ("subject-two-bytes", |c| {
        c.subject = name_of(0x1e, [0, 77, 0, 252])
    }),
    ("subject-two-bytes-odd", |c| {
        c.subject = name_of(0x1e, [0, 77, 0])
    }),
    ("subject-four-bytes", |c| {
        c.subject = name_of(0x1c, [0, 0, 0, 77])
    }),
    ("subject-ascii", |c| c.subject = name_of(0x16, b"a@b")),
    ("subject-no-utf-8", |c| {
        c.subject = name_of(0x0c, [0xff, 0xfe])
    }),
    ("issuer-printable", |c| {
        c.issuer = Some(name_of(0x13, b"somebody else"))
    }),
];

const ENCODING: &[Edit] = &[
    ("critical-false", |c| {
        let value = element(4, [5, 0]);
        let der = sequence([&oid(PRIVATE), &element(1, [0]), &value]);
        c.extensions.push((PRIVATE.into(), der));
    }),
    ("critical-as-one", |c| {
        let value = element(4, element(0x30, TRUE));
        c.remove(BC);
        c.extensions
            .push((BC.into(), sequence([&oid(BC), &element(1, [1]), &value])));
    }),
    ("behind-an-extension", |c| {
        let der = extension(PRIVATE, false, &[5, 0]);
        c.extensions
            .push((PRIVATE.into(), sequence([&der[2..], &[5, 0]])));
    }),
    ("behind-the-extensions", |c| {
        c.behind_extensions = vec![5, 0]
    }),
    ("behind-the-signature", |c| c.behind_signature = vec![5, 0]),
    ("behind-basic-constraints", |c| {
        c.set(BC, true, &[&element(0x30, TRUE)[..], &[5, 0]].concat());
    }),
    ("serial-padded", |c| c.serial = vec![0, 0, 1]),
    ("another-algorithm-within", |c| {
        c.within = Some(sequence([&oid("1.2.840.10045.4.3.4")]))
    }),
    ("signature-damaged", |c| c.damaged = true),
];
