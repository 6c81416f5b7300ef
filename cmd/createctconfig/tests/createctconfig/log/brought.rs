//! A TesseraCT's key that somebody brings.

use keys::{Kind, PrivateKey};
use testbed::{
    material,
    suite::{Scene as _, Story as _},
};

use super::{NAMESPACE, PRIVATE, PUBLIC, TesseraCt};

#[test]
fn a_key_of_ones_own_is_written_in_the_form_that_tesseract_reads() {
    let key = material::key();
    for (pem, flags) in [
        (
            key.to_encrypted_pem(b"own password"),
            &["--key-password=own password"][..],
        ),
        (
            key.to_legacy_pem(b"own password"),
            &["--key-password=own password"],
        ),
        (keys::to_pem("PRIVATE KEY", key.pkcs8_der()), &[]),
        (key.to_sec1_pem().unwrap(), &[]),
    ] {
        let ctlog = TesseraCt::set();
        ctlog.allow_own();
        let flags = [&["--private-secret=own"], flags].concat();
        let mut job = ctlog.job().args(&flags).start();
        job.wait_for_line("\"private\" of Secret ctlog-tiles-system/own isn't there yet");
        ctlog.set_secret("own", &[("private", &pem)]);
        job.wait().assert(0, &["done"]);
        ctlog.verify();
        assert_eq!(ctlog.public_key(), *key.public_key());

        let other = material::key().to_sec1_pem().unwrap();
        ctlog.set_secret("own", &[("private", &other)]);
        ctlog.assert_refused(
            &flags,
            &["is another key than the one that --private-secret"],
        );
    }
}

#[test]
fn a_lost_key_is_restored_from_ones_own_secret_and_no_other_key_takes_its_place() {
    for grown in [false, true] {
        let ctlog = TesseraCt::set();
        ctlog.allow_own();
        ctlog.job().run().assert(0, &["done"]);
        let own = String::from_utf8(ctlog.secret(PRIVATE)["private"].clone()).unwrap();
        let public = ctlog.public_key();
        if grown {
            ctlog.grow();
        }
        ctlog.kubernetes.delete("Secret", NAMESPACE, PRIVATE);
        let flags = ["--private-secret=own"];
        let other = material::key().to_sec1_pem().unwrap();
        ctlog.set_secret("own", &[("private", &other)]);
        let text = "doesn't belong to the key that --private-secret names";
        ctlog.assert_refused(&flags, &[text]);
        if grown {
            let before = ctlog.secret(PUBLIC);
            ctlog.kubernetes.delete("Secret", NAMESPACE, PUBLIC);
            ctlog.assert_refused(&flags, &["says that its log has 7 entries"]);
            ctlog.kubernetes.set_secret(NAMESPACE, PUBLIC, &before);
        }
        ctlog.set_secret("own", &[("private", &own)]);
        ctlog.job().args(flags).run().assert(0, &["done"]);
        ctlog.verify();
        assert_eq!(ctlog.public_key(), public);
    }
}

/// In the Secret itself a key is taken if TesseraCT reads it, and else the command is named that
/// writes it so.
#[test]
fn a_key_in_another_form_is_refused_with_the_command_that_mends_it() {
    let key = material::key();
    let sec1 = key.to_sec1_pem().unwrap();
    for (pem, is_read) in [
        (sec1.clone(), true),
        (format!("{sec1}{sec1}"), true),
        (sec1.replace("EC PRIVATE", "PRIVATE"), true),
        (keys::to_pem("PRIVATE KEY", key.pkcs8_der()), false),
        (key.to_encrypted_pem(b"hush"), false),
        (key.to_legacy_pem(b"hush"), false),
    ] {
        let ctlog = TesseraCt::set();
        ctlog.set_secret(PRIVATE, &[("private", &pem), ("password", "hush")]);
        if is_read {
            ctlog.job().run().assert(0, &["done"]);
            assert_eq!(ctlog.public_key(), *key.public_key());
            continue;
        }
        ctlog.assert_refused(&[], &["isn't plain SEC1", "mend it (openssl ec -in FILE)"]);
    }
}

#[test]
fn a_key_of_a_kind_that_clients_do_not_verify_is_refused() {
    for kind in Kind::ALL
        .into_iter()
        .filter(|kind| *kind != Kind::EcdsaP256)
    {
        let ctlog = TesseraCt::set();
        ctlog.allow_own();
        let pem = keys::to_pem("PRIVATE KEY", PrivateKey::generate(kind).pkcs8_der());
        ctlog.set_secret("own", &[("private", &pem)]);
        let found = format!("can't be used (it is {kind}: ");
        let way_out = "put another key there (ecdsa-p256)";
        ctlog.assert_refused(&["--private-secret=own"], &[&found, way_out]);
    }
}

#[test]
fn a_key_of_ones_own_is_waited_for() {
    let ctlog = TesseraCt::set();
    let mut job = ctlog.job().args(["--wait-for-key"]).start();
    job.wait_for_line("isn't there yet (whoever set --wait-for-key makes it)");
    assert_eq!(ctlog.checkpoint(), "");
    let pem = material::key().to_sec1_pem().unwrap();
    ctlog.set_secret(PRIVATE, &[("private", &pem)]);
    job.wait().assert(0, &["done"]);
    ctlog.verify();
}
