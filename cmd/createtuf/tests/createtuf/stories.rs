//! The Job in its three forms: the first run, a renewal, a change of what is to be trusted.

use std::sync::LazyLock;

use serde_json::Value;
use testbed::{
    Kubernetes, Process, material,
    suite::{Scene, States, Story},
};
use tuf::{Keys, Versions};

use crate::{NAMESPACE, Tuf, new_key, withdrawal::replaced};

impl Tuf {
    /// Checks that all that is published is one repository, with this version of the root and at
    /// least these of the others: one that a run recorded and didn't publish is never taken again.
    fn verify_versions(&self, root: u64, targets: u64, timestamp: u64) {
        let versions = self.verify_published();
        assert_eq!(versions.root, root);
        for (version, least) in [
            (versions.snapshot, targets),
            (versions.targets, targets),
            (versions.timestamp, timestamp),
        ] {
            assert!((least..=least + 2).contains(&version), "{versions:?}");
        }
    }

    /// Checks that there is one key for each role, and that all that is published is one
    /// repository.
    fn verify_published(&self) -> Versions {
        let keys = self.secret("tuf-keys");
        let pairs = keys
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()));
        Keys::read(pairs).unwrap();
        for role in ["root", "snapshot", "targets", "timestamp"] {
            let of_role = keys.keys().filter(|name| {
                let form = name.strip_prefix(role);
                form.is_some_and(|form| form.starts_with('-') || form == ".json")
            });
            assert_eq!(of_role.count(), 1, "{role}");
        }
        let repository = self.repository();
        let versions = repository.versions();
        assert_eq!(self.recorded(), versions);
        assert_eq!(
            keys["published-trust"],
            repository.trust_digest().as_bytes()
        );
        assert_eq!(self.secret("tuf-root")["root"], repository.root());
        let trust = self.0.config_map(NAMESPACE, "sigstore-trust");
        assert_eq!(trust["root.json"].as_bytes(), repository.root());
        for (entry, target) in [
            ("trusted_root.json", "trusted_root.json"),
            ("signing_config.json", "signing_config.v0.2.json"),
        ] {
            assert_eq!(Some(trust[entry].as_bytes()), repository.target(target));
        }
        versions
    }

    /// A cluster with the objects that the first run left in another one.
    fn like_another() -> Self {
        static PUBLISHED: LazyLock<Vec<Value>> = LazyLock::new(|| copied(&Tuf::published()));
        Self::of(&PUBLISHED)
    }

    /// A cluster with these objects.
    fn of(objects: &[Value]) -> Self {
        let kubernetes = Kubernetes::start();
        for object in objects {
            kubernetes.apply(object);
        }
        Self(kubernetes)
    }
}

/// The Secrets and ConfigMaps of a cluster, for another one.
fn copied(tuf: &Tuf) -> Vec<Value> {
    let mut objects = tuf.0.objects();
    objects.retain(|object| {
        ["Secret", "ConfigMap"]
            .map(Into::into)
            .contains(&object["kind"])
    });
    for object in &mut objects {
        let metadata = object["metadata"].as_object_mut().unwrap();
        metadata.retain(|field, _| ["namespace", "name"].contains(&field.as_str()));
    }
    objects
}

impl Story for Tuf {
    const NAME: &str = "createtuf";
    const NOTES: &[&str] = NOTES;

    fn verify(&self) {
        self.verify_versions(1, 1, 1);
    }
}

impl States for Tuf {
    const KEYS: &[&str] = &[
        "tuf-keys root-",
        "tuf-keys snapshot-",
        "tuf-keys targets-",
        "tuf-keys timestamp-",
    ];
    const DERIVED: &[&str] = &["tuf-keys published-at"];
}

/// Root and timestamp are due: half of a longer life is over at once.
struct Renewal(Tuf);

impl Scene for Renewal {
    fn set() -> Self {
        Self(Tuf::like_another())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0.0
    }

    fn job(&self) -> Process<'_> {
        let lifetimes = ["--root-lifetime=30y", "--timestamp-lifetime=2y"];
        self.0.job().args(["--renew"]).args(lifetimes)
    }
}

impl Story for Renewal {
    const NAME: &str = "createtuf --renew";
    const CHANGES: &[&str] = CHANGES;
    const NOTES: &[&str] = NOTES;

    fn verify(&self) {
        self.0.verify_versions(2, 1, 2);
    }
}

/// Rekor has another key.
struct Change(Tuf);

impl Scene for Change {
    fn set() -> Self {
        let tuf = Tuf::like_another();
        static OTHER: LazyLock<String> = LazyLock::new(new_key);
        tuf.put("rekor-pub-key", "public", OTHER.as_str());
        Self(tuf)
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0.0
    }

    fn job(&self) -> Process<'_> {
        self.0.job().args(["--accept-changes"])
    }
}

impl Story for Change {
    const NAME: &str = "createtuf --accept-changes";
    const CHANGES: &[&str] = CHANGES;
    const NOTES: &[&str] = NOTES;

    fn verify(&self) {
        self.0.verify_versions(1, 2, 2);
    }
}

/// Rekor's old key is taken out.
struct Withdrawal(Tuf, String);

impl Scene for Withdrawal {
    fn set() -> Self {
        static REPLACED: LazyLock<(Vec<Value>, String)> = LazyLock::new(|| {
            let (tuf, id) = replaced();
            (copied(&tuf), id)
        });
        let (objects, id) = &*REPLACED;
        Self(Tuf::of(objects), id.clone())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0.0
    }

    fn job(&self) -> Process<'_> {
        self.0.job().args([format!("--withdraw={}", &self.1[..16])])
    }
}

impl Story for Withdrawal {
    const NAME: &str = "createtuf --withdraw";
    const CHANGES: &[&str] = CHANGES;
    const NOTES: &[&str] = NOTES;

    fn verify(&self) {
        self.0.verify_versions(1, 3, 3);
        let trust = self.0.trusted_root();
        assert_eq!(trust["tlogs"].as_array().unwrap().len(), 1);
        let recorded = format!("[{:?}]", self.1);
        assert_eq!(self.0.secret("tuf-keys")["withdrawn"], recorded.as_bytes());
    }
}

/// What the original's server left: its keys in a form of its own, and its repository.
struct Original(Tuf);

impl Scene for Original {
    fn set() -> Self {
        Self(Tuf::set())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0.0
    }

    fn job(&self) -> Process<'_> {
        self.0.job().args(["--accept-changes"])
    }
}

impl Story for Original {
    const NAME: &str = "createtuf --accept-changes, after the original's";

    fn verify(&self) {
        self.0.verify_published();
    }
}

impl States for Original {
    const KEYS: &[&str] = Tuf::KEYS;
    const DERIVED: &[&str] = &["tuf-root repository", "tuf-root root"];

    fn whole(&self) {
        for name in ["tuf-keys", "tuf-root"] {
            self.kubernetes()
                .set_secret(NAMESPACE, name, &material::original(name));
        }
    }
}

const CHANGES: &[&str] = &[
    "tuf-keys published",
    "tuf-keys published-at",
    "tuf-keys published-trust",
    "tuf-root repository",
    "tuf-root root",
    "sigstore-trust root.json",
    "sigstore-trust trusted_root.json",
];
const NOTES: &[&str] = &[
    "tuf-keys published",
    "tuf-keys published-at",
    "tuf-keys published-trust",
];

testbed::story_tests!(Tuf);
testbed::states_tests!(Tuf);

mod renewal {
    testbed::story_tests!(super::Renewal);
}

mod change {
    testbed::story_tests!(super::Change);
}

mod withdrawal {
    testbed::story_tests!(super::Withdrawal);
}

mod original {
    testbed::states_tests!(super::Original);
}
