//! The script: what is asked, by whom, and with which status it is answered.

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    objects::{CONFIG_MAPS, ROLES, SECRETS, config_map, secret},
    rights::rights,
};

/// Asks everything.
pub(crate) async fn play(cluster: &mut Cluster<'_>) {
    namespaces(cluster).await;
    names_and_keys(cluster).await;
    versions(cluster).await;
    immutability(cluster).await;
    limits(cluster).await;
    encodings(cluster).await;
    rights(cluster).await;
    deletion(cluster).await;
}

/// `object` with some of its fields set.
fn with(mut object: Value, fields: Value) -> Value {
    merge(&mut object, fields);
    object
}

fn merge(object: &mut Value, fields: Value) {
    match fields {
        Value::Object(fields) => {
            for (name, value) in fields {
                merge(&mut object[name], value);
            }
        }
        value => *object = value,
    }
}

async fn namespaces(c: &mut Cluster<'_>) {
    let namespace =
        |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let all = "/api/v1/namespaces";
    c.ask("admin", 201, "POST", all, namespace("NS")).await;
    c.ask("admin", 409, "POST", all, namespace("NS")).await;
    c.ask("admin", 200, "GET", "/api/v1/namespaces/NS", Value::Null)
        .await;
    c.ask("admin", 404, "GET", "/api/v1/namespaces/NS-2", Value::Null)
        .await;
    for wrong in ["Upper", "dotted.name"] {
        c.ask("admin", 422, "POST", all, namespace(wrong)).await;
    }
    let elsewhere = "/api/v1/namespaces/NS-2/secrets";
    c.ask("admin", 404, "POST", elsewhere, secret("a", json!({})))
        .await;
    c.ask("admin", 404, "GET", &format!("{elsewhere}/a"), Value::Null)
        .await;
    let foreign = with(
        secret("a", json!({})),
        json!({"metadata": {"namespace": "other"}}),
    );
    c.ask("admin", 400, "POST", SECRETS, foreign).await;
}

async fn names_and_keys(c: &mut Cluster<'_>) {
    for wrong in ["Upper", "under_score", "-dash", "a..b", &"x".repeat(254)] {
        c.ask("admin", 422, "POST", SECRETS, secret(wrong, json!({})))
            .await;
    }
    c.ask("admin", 422, "POST", SECRETS, secret("", json!({})))
        .await;
    c.ask(
        "admin",
        201,
        "POST",
        SECRETS,
        secret("dots.are-fine.1", json!({})),
    )
    .await;
    for wrong in ["", "a key", "ä", ".", "..", "..x", "a/b", &"x".repeat(254)] {
        c.ask(
            "admin",
            422,
            "POST",
            SECRETS,
            secret("a", json!({wrong: "dmFsdWU="})),
        )
        .await;
        c.ask(
            "admin",
            422,
            "POST",
            CONFIG_MAPS,
            config_map("a", json!({wrong: "value"})),
        )
        .await;
    }
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "A"}});
    c.ask(
        "admin",
        422,
        "POST",
        "/api/v1/namespaces/NS/serviceaccounts",
        account,
    )
    .await;
}

async fn versions(c: &mut Cluster<'_>) {
    let path = &format!("{SECRETS}/a");
    c.ask("admin", 404, "GET", path, Value::Null).await;
    let one = || secret("a", json!({"key": "b25l"}));
    let two = || secret("a", json!({"key": "dHdv"}));
    c.ask("admin", 404, "PUT", path, one()).await;
    let versioned =
        |object, version: &str| with(object, json!({"metadata": {"resourceVersion": version}}));
    c.ask("admin", 500, "POST", SECRETS, versioned(one(), "123456789"))
        .await;
    let created = c.ask("admin", 201, "POST", SECRETS, one()).await;
    c.ask("admin", 409, "POST", SECRETS, one()).await;
    c.ask("admin", 200, "GET", path, Value::Null).await;

    let version = created["metadata"]["resourceVersion"].as_str().unwrap();
    c.ask("admin", 200, "PUT", path, versioned(one(), version))
        .await;
    c.ask("admin", 200, "PUT", path, versioned(two(), version))
        .await;
    c.ask("admin", 409, "PUT", path, versioned(one(), version))
        .await;
    c.ask("admin", 409, "PUT", path, versioned(two(), version))
        .await;
    c.ask("admin", 200, "PUT", path, one()).await;
    c.ask("admin", 200, "PUT", path, versioned(two(), "0"))
        .await;
    c.ask("admin", 500, "PUT", path, versioned(two(), "x"))
        .await;

    let uid = |uid: &str| with(one(), json!({"metadata": {"uid": uid}}));
    c.ask("admin", 409, "PUT", path, uid("another")).await;
    c.ask(
        "admin",
        200,
        "PUT",
        path,
        uid(created["metadata"]["uid"].as_str().unwrap()),
    )
    .await;
    let earlier = json!({"metadata": {"creationTimestamp": "2001-01-01T00:00:00Z"}});
    c.ask("admin", 200, "PUT", path, with(one(), earlier)).await;

    c.ask("admin", 400, "PUT", path, secret("b", json!({})))
        .await;
    let elsewhere = json!({"metadata": {"namespace": "other"}});
    c.ask("admin", 400, "PUT", path, with(one(), elsewhere))
        .await;
    c.ask(
        "admin",
        422,
        "PUT",
        path,
        with(one(), json!({"type": "other"})),
    )
    .await;
    let labels = json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}});
    c.ask("admin", 200, "PUT", path, with(one(), labels)).await;
    c.ask("admin", 200, "PUT", path, secret("a", json!({})))
        .await;
}

async fn immutability(c: &mut Cluster<'_>) {
    for (all, path, object) in [
        (
            SECRETS,
            format!("{SECRETS}/fixed"),
            secret("fixed", json!({"key": "b25l"})),
        ),
        (
            CONFIG_MAPS,
            format!("{CONFIG_MAPS}/fixed"),
            config_map("fixed", json!({"key": "one"})),
        ),
    ] {
        let fixed = || with(object.clone(), json!({"immutable": true}));
        c.ask("admin", 201, "POST", all, fixed()).await;
        c.ask("admin", 200, "PUT", &path, fixed()).await;
        c.ask(
            "admin",
            422,
            "PUT",
            &path,
            with(fixed(), json!({"data": {"key": "dHdv"}})),
        )
        .await;
        c.ask(
            "admin",
            422,
            "PUT",
            &path,
            with(fixed(), json!({"data": {"new": "dHdv"}})),
        )
        .await;
        c.ask("admin", 422, "PUT", &path, object.clone()).await;
        let other = json!({"immutable": false, "data": {"key": "dHdv"}});
        c.ask("admin", 422, "PUT", &path, with(object.clone(), other))
            .await;
        let labels = json!({"metadata": {"labels": {"a": "b"}}});
        c.ask("admin", 200, "PUT", &path, with(fixed(), labels))
            .await;
    }
}

async fn limits(c: &mut Cluster<'_>) {
    let encoded = |bytes: usize| {
        format!(
            "{}{}",
            "QUFB".repeat(bytes / 3),
            ["", "QQ==", "QUE="][bytes % 3]
        )
    };
    let full = 1 << 20;
    c.ask(
        "admin",
        201,
        "POST",
        SECRETS,
        secret("full", json!({"key": encoded(full)})),
    )
    .await;
    c.ask(
        "admin",
        422,
        "POST",
        SECRETS,
        secret("fuller", json!({"key": encoded(full + 1)})),
    )
    .await;
    let two = json!({"key": encoded(full / 2), "other": encoded(full / 2 + 1)});
    c.ask("admin", 422, "POST", SECRETS, secret("fuller", two))
        .await;
    c.ask(
        "admin",
        201,
        "POST",
        CONFIG_MAPS,
        config_map("full", json!({"key": "x".repeat(full)})),
    )
    .await;
    let fuller = config_map("fuller", json!({"key": "x".repeat(full)}));
    let fuller = with(fuller, json!({"binaryData": {"more": "QQ=="}}));
    c.ask("admin", 422, "POST", CONFIG_MAPS, fuller).await;
}

async fn encodings(c: &mut Cluster<'_>) {
    let both = config_map("both", json!({"text": "ä"}));
    let both = with(both, json!({"binaryData": {"bytes": "/w=="}}));
    c.ask("admin", 201, "POST", CONFIG_MAPS, both.clone()).await;
    let twice = with(
        both,
        json!({"metadata": {"name": "twice"}, "binaryData": {"text": "/w=="}}),
    );
    c.ask("admin", 422, "POST", CONFIG_MAPS, twice).await;
    c.ask(
        "admin",
        201,
        "POST",
        SECRETS,
        secret("empty-value", json!({"key": ""})),
    )
    .await;
    let typed = with(
        secret("typed", json!({})),
        json!({"type": "example.com/own"}),
    );
    c.ask("admin", 201, "POST", SECRETS, typed).await;
    c.ask("admin", 200, "GET", SECRETS, Value::Null).await;

    // What can't be read: the real server's words tell more.
    for (path, object) in [
        (SECRETS, secret("a", json!({"key": "no base64"}))),
        (SECRETS, secret("a", json!({"key": 1}))),
        (SECRETS, config_map("a", json!({"key": "value"}))),
        (
            CONFIG_MAPS,
            with(
                config_map("a", json!({})),
                json!({"binaryData": {"key": "no base64"}}),
            ),
        ),
    ] {
        c.ask_roughly("admin", 400, "POST", path, object).await;
    }
    let path = format!("{SECRETS}?fieldValidation=Strict");
    let unknown = with(secret("a", json!({})), json!({"spec": {}}));
    c.ask_roughly("admin", 400, "POST", &path, unknown).await;
}

async fn deletion(c: &mut Cluster<'_>) {
    for path in [
        format!("{SECRETS}/a"),
        format!("{CONFIG_MAPS}/full"),
        format!("{ROLES}/job"),
    ] {
        c.ask("admin", 200, "DELETE", &path, Value::Null).await;
        c.ask("admin", 404, "DELETE", &path, Value::Null).await;
    }
    let created = c
        .ask("admin", 201, "POST", SECRETS, secret("a", json!({})))
        .await;
    let stale = with(
        secret("a", json!({})),
        json!({"metadata": {"uid": "another"}}),
    );
    c.ask("admin", 409, "PUT", &format!("{SECRETS}/a"), stale)
        .await;
    assert!(created["metadata"]["uid"].is_string());
    c.ask(
        "admin",
        200,
        "DELETE",
        "/api/v1/namespaces/NS/serviceaccounts/job",
        Value::Null,
    )
    .await;
}
