//! What was published by mistake is taken out again.

use base64ct::{Base64, Encoding as _};
use keys::PublicKey;
use sha2::{Digest as _, Sha256};
use tuf::{Change, NewTarget, Roles, Signer};

use super::*;

/// A cluster in which Rekor's key was replaced, and the ID of the old one.
pub(crate) fn replaced() -> (Tuf, String) {
    let tuf = Tuf::published();
    let old = PublicKey::from_pem(&tuf.secret("rekor-pub-key")["public"]).unwrap();
    tuf.put("rekor-pub-key", "public", new_key());
    tuf.run(&["--accept-changes"]).assert(0, &["done"]);
    (tuf, hex::encode(old.log_id()))
}

#[test]
fn what_is_withdrawn_is_gone_and_the_price_is_logged() {
    let (tuf, id) = replaced();
    let withdraw = format!("--withdraw={id}");
    let outcome = tuf.run(&[&withdraw]);
    outcome.assert(0, &["done"]);
    let line = format!(
        "WARN withdrawn: Rekor's key with the log ID {id}: what was signed under it verifies \
         nowhere any more"
    );
    assert!(outcome.log.contains(&line), "{}", outcome.log);
    assert_eq!(tuf.trusted_root()["tlogs"].as_array().unwrap().len(), 1);
    let recorded = format!("[{id:?}]");
    assert_eq!(tuf.secret("tuf-keys")["withdrawn"], recorded.as_bytes());
    let told = &tuf.0.config_map(NAMESPACE, "sigstore-trust")["trusted_root.json"];
    assert_eq!(
        Some(told.as_bytes()),
        tuf.repository().target("trusted_root.json")
    );

    // Again, as a Job that is tried again; and as somebody else writes it.
    let settled = tuf.0.objects();
    let (colons, _) = id.as_bytes().as_chunks::<2>();
    let colons: Vec<_> = colons
        .iter()
        .map(|digits| String::from_utf8(digits.to_vec()).unwrap().to_uppercase())
        .collect();
    for again in [
        withdraw.as_str(),
        &withdraw[..24],
        &format!("--withdraw={}", colons.join(":")),
        "--renew",
    ] {
        tuf.run(&[again]).assert(0, &["done"]);
        assert_eq!(settled, tuf.0.objects());
    }
}

#[test]
fn what_isnt_published_or_is_still_asked_for_is_refused() {
    let (tuf, id) = replaced();
    tuf.assert_refused(
        &["--withdraw=0123456789abcdef"],
        &[
            "--withdraw=0123456789ab names none of what is published (Rekor's ",
            &id[..12],
            " and 1 more): name one of these",
        ],
    );
    let key = PublicKey::from_pem(&tuf.secret("rekor-pub-key")["public"]).unwrap();
    let asked = format!("--withdraw={}", hex::encode(key.log_id()));
    for flags in [&[asked.as_str()][..], &[&asked, "--accept-changes"]] {
        tuf.assert_refused(
            flags,
            &[
                "is among the inputs too",
                "put its successor among the inputs",
            ],
        );
    }
    let nothing = Tuf::set();
    nothing.assert_refused(
        &["--withdraw=01234567"],
        &["--withdraw=01234567 names something, and nothing is published yet"],
    );
}

#[test]
fn other_changes_still_have_to_be_accepted() {
    let (tuf, id) = replaced();
    tuf.put("ctlog-public-key", "public", new_key());
    let withdraw = format!("--withdraw={id}");
    tuf.assert_refused(&[&withdraw], &["the CT log's key", "--accept-changes"]);
    tuf.run(&[&withdraw, "--accept-changes"])
        .assert(0, &["done"]);
    assert_eq!(tuf.trusted_root()["tlogs"].as_array().unwrap().len(), 1);
    assert_eq!(tuf.trusted_root()["ctlogs"].as_array().unwrap().len(), 2);
}

#[test]
fn the_flag_wants_a_digest_and_inputs() {
    let tuf = Tuf::set();
    for (flags, reason) in [
        (&["--withdraw=1234567"][..], "8 to 64 hexadecimal digits"),
        (&["--withdraw=rekor-key"], "8 to 64 hexadecimal digits"),
        (&["--withdraw=12345678", "--renew"], "cannot be used with"),
        (
            &["--withdraw=12345678", "--rotate=root"],
            "cannot be used with",
        ),
    ] {
        let outcome = tuf.run(flags);
        assert_eq!(outcome.code, 2, "{flags:?}: {}", outcome.log);
        assert!(outcome.log.contains(reason), "{}", outcome.log);
    }
    let help = tuf.run(&["--help"]).log;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("verifies nowhere any more"), "{help}");
}

/// One such input, and no client would read anything of what is published.
#[test]
fn inputs_that_clients_cant_read_are_refused_with_the_reason_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let key = path("key.pem");
    openssl(&[
        "ecparam",
        "-name",
        "prime256v1",
        "-genkey",
        "-noout",
        "-out",
        &key,
    ]);
    let public = |form: &[&str]| {
        let args = [&["pkey", "-in", &key, "-pubout"][..], form].concat();
        openssl(&args)
    };
    let authority = openssl(&[
        "req",
        "-x509",
        "-new",
        "-key",
        &key,
        "-subj",
        "/CN=odd",
        "-set_serial",
        "-5",
    ]);
    let compressed = public(&["-ec_conv_form", "compressed"]);
    let explicit = public(&["-ec_param_enc", "explicit"]);
    let [uncompressed, named] = ["-ec_conv_form uncompressed", "-ec_param_enc named_curve"];
    let [point, curve] = ["its point is compressed", "its curve is spelled out"];
    let serial = "its serial number is negative";
    let another = "put the right one there";
    for (secret, entry, pem, reason, way_out) in [
        ("rekor-pub-key", "public", &compressed, point, uncompressed),
        (
            "ctlog-public-key",
            "public",
            &compressed,
            point,
            uncompressed,
        ),
        ("rekor-pub-key", "public", &explicit, curve, named),
        ("fulcio-pub-key", "cert", &authority, serial, another),
    ] {
        let tuf = Tuf::set();
        tuf.put(secret, entry, pem.as_str());
        let object = format!("{entry:?} of Secret tuf-system/{secret} can't be used (");
        tuf.assert_refused(&[], &[&object, reason, way_out]);
    }
}

/// A repository that tells clients to trust a compressed key: none of them reads the file.
#[test]
fn an_entry_that_clients_cant_read_is_named_and_withdrawn() {
    let tuf = Tuf::published();
    let key = PublicKey::from_pem(&tuf.secret("rekor-pub-key")["public"]).unwrap();
    let der = key.der();
    let mut compressed = [&der[..26], &[2 + der[90] % 2], &der[27..59]].concat();
    (compressed[1], compressed[24]) = (0x39, 0x22);
    let id = hex::encode(Sha256::digest(&compressed));
    poison(&tuf, |trust| {
        let log = &mut trust["tlogs"][0];
        log["publicKey"]["rawBytes"] = Base64::encode_string(&compressed).into();
        log["logId"]["keyId"] = Base64::encode_string(&Sha256::digest(&compressed)).into();
    });

    // What is derived from the repository, and its signatures, go on meanwhile.
    let renewal = tuf.run(&["--renew", "--timestamp-lifetime=2y"]);
    renewal.assert(0, &["done"]);
    assert!(
        renewal.log.contains("that can't be read"),
        "{}",
        renewal.log
    );

    let named = format!(
        "\"repository\" of Secret tuf-system/tuf-root has an entry of Rekor's that can't be \
         read ({}: its point is compressed): take it out with \
         --withdraw={}",
        &id[..12],
        &id[..12],
    );
    tuf.assert_refused(&[], &[&named]);
    tuf.assert_refused(&["--accept-changes"], &[&named]);
    let withdraw = format!("--withdraw={}", &id[..12]);
    tuf.assert_refused(&[&withdraw], &["isn't published", "--accept-changes"]);
    for _ in 0..2 {
        tuf.run(&[&withdraw, "--accept-changes"])
            .assert(0, &["done"]);
        let logs = tuf.trusted_root()["tlogs"].clone();
        assert_eq!(logs.as_array().unwrap().len(), 1);
        let der = Base64::encode_string(key.der());
        assert_eq!(logs[0]["publicKey"]["rawBytes"], der);
    }
    let settled = tuf.0.objects();
    tuf.run(&[]).assert(0, &["done"]);
    assert_eq!(settled, tuf.0.objects());
}

/// Publishes another trusted root, as an earlier version may have done.
fn poison(tuf: &Tuf, edit: impl FnOnce(&mut Value)) {
    let secret = tuf.secret("tuf-keys");
    let keys = secret
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_slice()));
    let keys = Keys::read(keys).unwrap();
    let mut trust = tuf.trusted_root();
    edit(&mut trust);
    let target = NewTarget {
        bytes: trust.to_string().into_bytes(),
        ..NewTarget::default()
    };
    let change = Change {
        new: [("trusted_root.json".into(), target)].into(),
        ..Change::default()
    };
    let repository = tuf.repository();
    let signer = Signer::new(&keys, repository.versions(), Some(&repository)).unwrap();
    let year = Roles {
        root: 10 * YEAR,
        snapshot: YEAR,
        targets: YEAR,
        timestamp: YEAR / 2,
    };
    let now = jiff::Timestamp::now();
    let next = signer.next(Some(change), &year, &Roles::default(), now);
    let next = next.unwrap().unwrap();
    tuf.put("tuf-root", "repository", next.to_archive().unwrap());
    tuf.put("tuf-keys", "published-trust", next.trust_digest());
}
