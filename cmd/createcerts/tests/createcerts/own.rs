//! Secrets that somebody else made, or made anew.

use base64ct::{Base64, Encoding as _};
use serde_json::json;

use super::*;

/// What cert-manager makes: a Secret of another type, with entries of its own names. The refusals
/// lead to that key and that certificate, step by step.
#[test]
fn a_secret_of_cert_managers_is_refused_until_its_entries_are_copied_to_our_names() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let cert = material::root(&key, "made by an operator", 20 * YEAR).to_pem();
    let plain = keys::to_pem("PRIVATE KEY", key.pkcs8_der());
    let mut tls = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"namespace": "fulcio-system", "name": "fulcio-secret"},
        "data": {
            "tls.crt": Base64::encode_string(cert.as_bytes()),
            "tls.key": Base64::encode_string(plain.as_bytes()),
        },
    });
    for (from, to) in [("tls.key", "private"), ("tls.crt", "cert")] {
        fulcio.0.apply(&tls);
        let copy = format!(r#"{{"op":"copy","from":"/data/{from}","path":"/data/{to}"}}"#);
        let command = "kubectl -n fulcio-system patch secret fulcio-secret --type=json -p '[";
        fulcio.assert_refused(&["Secret fulcio-system/fulcio-secret", command, &copy]);
        tls["data"][to] = tls["data"][from].clone();
    }
    fulcio.0.apply(&tls);
    fulcio.job().run().assert(0, &["done"]);
    assert_eq!(fulcio.public()["cert"], cert.as_bytes());
    let secret = fulcio.0.get("Secret", "fulcio-system", "fulcio-secret");
    assert_eq!(secret.expect("it is there")["type"], "kubernetes.io/tls");
}

/// A Secret of one's own put over the generated one while the stack runs: servers and clients
/// would part. Nothing changes before somebody says which of the two is meant.
#[test]
fn a_key_of_ones_own_put_over_a_generated_one_is_refused_until_the_public_one_is_deleted() {
    let fulcio = Fulcio::set();
    fulcio.job().run().assert(0, &["done"]);
    let (generated, public) = (fulcio.private(), fulcio.public());
    let key = material::key();
    let cert = material::root(&key, "own", 20 * YEAR).to_pem();
    fulcio.set_private(&own(&key, &cert));
    fulcio.assert_refused(&[
        "Secret fulcio-system/fulcio-pub-key is of another key than Secret fulcio-system/fulcio-secret",
        "restore the latter from a backup, or delete the former",
    ]);

    fulcio.set_private(&generated);
    fulcio.job().run().assert(0, &["done"]);
    assert_eq!((fulcio.private(), fulcio.public()), (generated, public));

    fulcio.set_private(&own(&key, &cert));
    let name = "fulcio-pub-key";
    fulcio.0.delete("Secret", "fulcio-system", name);
    fulcio.job().run().assert(0, &["done"]);
    assert_eq!(fulcio.public()["cert"], cert.as_bytes());
}

/// The same key with another certificate is a renewal, and no other key.
#[test]
fn a_renewed_certificate_of_the_same_key_is_published() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let [old, new] = ["old", "new"].map(|name| material::root(&key, name, 20 * YEAR).to_pem());
    for cert in [&old, &new] {
        fulcio.set_private(&own(&key, cert));
        fulcio.job().run().assert(0, &["done"]);
        assert_eq!(fulcio.public()["cert"], cert.as_bytes());
    }
}

/// A plain key needs no password, but Fulcio's pod does: that entry is missing.
#[test]
fn an_immutable_secret_that_needs_a_password_entry_is_refused_with_the_way_out() {
    let fulcio = Fulcio::set();
    let key = material::key();
    let mut entries = own(&key, &material::root(&key, "own", 20 * YEAR).to_pem());
    let plain = keys::to_pem("PRIVATE KEY", key.pkcs8_der());
    entries.insert("private".into(), plain.into());
    let set = |entries: &Entries, is_immutable: bool| {
        let data = entries.iter();
        let data = data.map(|(entry, value)| (entry.clone(), json!(Base64::encode_string(value))));
        fulcio.0.apply(&json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"namespace": "fulcio-system", "name": "fulcio-secret"},
            "immutable": is_immutable,
            "data": data.collect::<serde_json::Map<_, _>>(),
        }));
    };
    let password = entries.remove("password").expect("it is there");
    set(&entries, true);
    fulcio.assert_refused(&[
        r#"Secret fulcio-system/fulcio-secret is immutable and lacks "password", "public""#,
        "kubectl replace --force -f -",
    ]);
    // Both that it is to be made anew with: these entries, or without the field.
    fulcio.0.delete("Secret", "fulcio-system", "fulcio-secret");
    set(&entries, false);
    fulcio.job().run().assert(0, &["done"]);
    entries.insert("password".into(), password);
    entries.insert("public".into(), key.public_key().to_pem().into());
    fulcio.0.delete("Secret", "fulcio-system", "fulcio-secret");
    set(&entries, true);
    fulcio.job().run().assert(0, &["done"]);
}
