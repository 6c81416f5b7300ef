//! The contract between the programs: which object has which entries, who makes it and who waits
//! for it.
//!
//! Names and entries are those of the Go original, which its users' manifests and charts spell out:
//! they never change. The defaults of the Jobs' flags and what their messages say come from here,
//! and `config/` and the README's table of Jobs are tested against it.
//!
//! ```
//! use scaffolding_contract::{CERT, FULCIO, published};
//!
//! assert_eq!(FULCIO.public.name, "fulcio-pub-key");
//! assert_eq!(published("fulcio-pub-key").unwrap().maker, "createcerts");
//! assert!(FULCIO.public.entries.contains(&CERT));
//! ```

mod tiles;

use std::time::Duration;

pub use tiles::{CHECKPOINT, CTLOG_TILES, CTLOG_TILES_LOG, ORIGIN, REKOR_TILES, REKOR_TILES_LOG};

/// How long a Job waits for a connection to a server of the stack.
///
/// It is short because a cluster drops the first packets to a new Service, and TCP repeats them
/// after ever longer pauses: whoever gives up and connects anew gets through sooner.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A Secret or a ConfigMap that one Job makes and others read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// `Secret` or `ConfigMap`.
    pub kind: &'static str,
    /// Its namespace in `config/`.
    pub namespace: &'static str,
    /// Its name in `config/`.
    pub name: &'static str,
    /// Other names that it goes by: the default of its maker's flag first.
    pub other_names: &'static [&'static str],
    /// The Job that makes it, by the name of its program.
    pub maker: &'static str,
    /// What its readers need of it: a gate opens with all of it, in one write.
    pub entries: &'static [&'static str],
    /// The servers and Jobs that wait for it.
    pub readers: &'static [&'static str],
}

impl Published {
    /// The default of its maker's flag.
    pub const fn default_name(&self) -> &'static str {
        match self.other_names {
            [] => self.name,
            [default, ..] => default,
        }
    }
}

/// The Secret with a server's private key, and the one with what clients get to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPair {
    /// The Secret with the private key; its server mounts it.
    pub private: Published,
    /// The Secret without it; `copysecrets` copies it.
    pub public: Published,
    /// The entry of the private key.
    pub key: &'static str,
    /// The entry of its password, where its server opens keys that have one.
    pub password: Option<&'static str>,
    /// The entry of what clients need: a public key, or certificates.
    pub trusted: &'static str,
    /// The entries that are made from the private key: where one of them exists, a private key did.
    pub made_from_key: &'static [&'static str],
    /// The name of the public Secret's copy, which `createtuf` reads.
    pub copy: &'static str,
    /// How the names of further entries begin that a Job or a person puts into the private Secret.
    pub more: Option<&'static str>,
}

impl KeyPair {
    /// Whether an entry of either Secret is one of those that are said here.
    pub fn has_entry(&self, entry: &str) -> bool {
        let named = [
            self.private.entries,
            self.public.entries,
            self.made_from_key,
        ];
        named.concat().contains(&entry) || self.more.is_some_and(|more| entry.starts_with(more))
    }

    /// Whether the log has an origin: one that keeps its tree as tiles does.
    pub fn has_origin(&self) -> bool {
        self.public.entries.contains(&ORIGIN)
    }

    /// What `createtuf` needs of the copy.
    pub fn needed(&self) -> &'static [&'static str] {
        let entries = self.public.entries;
        let first = entries.iter().position(|entry| *entry == self.trusted);
        match (self.has_origin(), first) {
            (false, Some(first)) => &entries[first..=first],
            _ => entries,
        }
    }
}

/// Fulcio's certificate, then those above it.
pub const CERT: &str = "cert";
/// The timestamp authority's certificates, its own first.
pub const CERT_CHAIN: &str = "cert-chain";
/// A public key.
pub const PUBLIC: &str = "public";
/// The private key of Fulcio or the CT log.
pub const PRIVATE: &str = "private";
/// The password of `private`.
pub const PASSWORD: &str = "password";
/// The private key of Rekor or the timestamp authority.
pub const SIGNING_SECRET: &str = "signing-secret";
/// The password of `signing-secret`.
pub const SIGNING_SECRET_PASSWORD: &str = "signing-secret-password";
/// The ID of a log's tree, in decimal digits.
pub const TREE_ID: &str = "treeID";
/// The host at which clients reach Rekor: its name in checkpoints.
pub const HOST: &str = "host";
/// The configuration of the CT log, in protobuf's text format.
pub const CONFIG: &str = "config";
/// The root certificates that the CT log accepts, in one file.
pub const ROOT_CA: &str = "rootca";
/// How the names of entries begin that hold one of those root certificates each, before a number.
pub const A_ROOT: &str = "fulcio-";
/// A TUF repository, as a tar.gz.
pub const REPOSITORY: &str = "repository";
/// The newest root of a TUF repository, in a Secret.
pub const ROOT: &str = "root";
/// The newest root of a TUF repository, in a ConfigMap.
pub const ROOT_JSON: &str = "root.json";
/// Whom clients trust, in a ConfigMap.
pub const TRUSTED_ROOT_JSON: &str = "trusted_root.json";
/// Where clients sign, in a ConfigMap.
pub const SIGNING_CONFIG_JSON: &str = "signing_config.json";
/// The versions of a TUF repository's roles that clients may have seen, as JSON.
pub const PUBLISHED: &str = "published";
/// When anything in a TUF repository was signed last.
pub const PUBLISHED_AT: &str = "published-at";
/// The digest of what a TUF repository told clients to trust last; of each, one a line, while one
/// is being published.
pub const PUBLISHED_TRUST: &str = "published-trust";
/// What the keys of a TUF repository were changed for last.
pub const ROTATION: &str = "rotation";
/// The digest of each log and chain that was taken out of what clients trust, as JSON.
pub const WITHDRAWN: &str = "withdrawn";

/// Rekor's key.
pub const REKOR: KeyPair = KeyPair {
    private: secret(
        "rekor-system",
        "rekor-signing-secret",
        "createsecret",
        &[SIGNING_SECRET, SIGNING_SECRET_PASSWORD],
        &["rekor"],
    ),
    public: secret(
        "rekor-system",
        "rekor-pub-key",
        "createsecret",
        &[PUBLIC],
        COPYSECRETS,
    ),
    key: SIGNING_SECRET,
    password: Some(SIGNING_SECRET_PASSWORD),
    trusted: PUBLIC,
    made_from_key: &[PUBLIC],
    copy: "rekor-pub-key",
    more: None,
};

/// Fulcio's key and certificates.
pub const FULCIO: KeyPair = KeyPair {
    private: Published {
        other_names: &["fulcio-secrets"],
        ..secret(
            "fulcio-system",
            "fulcio-secret",
            "createcerts",
            &[CERT, PRIVATE, PASSWORD, PUBLIC],
            &["fulcio"],
        )
    },
    public: secret(
        "fulcio-system",
        "fulcio-pub-key",
        "createcerts",
        &[CERT, PUBLIC],
        COPYSECRETS,
    ),
    key: PRIVATE,
    password: Some(PASSWORD),
    trusted: CERT,
    made_from_key: &[CERT, PUBLIC],
    copy: "fulcio-pub-key",
    more: None,
};

/// The timestamp authority's key and certificates.
pub const TSA: KeyPair = KeyPair {
    private: secret(
        "tsa-system",
        "tsa-cert-chain",
        "createcertchain",
        &[SIGNING_SECRET, SIGNING_SECRET_PASSWORD, CERT_CHAIN],
        &["tsa"],
    ),
    public: secret(
        "tsa-system",
        "tsa-pub-chain",
        "createcertchain",
        &[CERT_CHAIN],
        COPYSECRETS,
    ),
    key: SIGNING_SECRET,
    password: Some(SIGNING_SECRET_PASSWORD),
    trusted: CERT_CHAIN,
    made_from_key: &[CERT_CHAIN],
    copy: "tsa-cert-chain",
    more: None,
};

/// The CT log's key and configuration.
pub const CTLOG: KeyPair = KeyPair {
    private: Published {
        other_names: &["ctlog-secrets"],
        ..secret(
            "ctlog-system",
            "ctlog-secret",
            "createctconfig",
            &[PRIVATE, PASSWORD, PUBLIC, CONFIG, ROOT_CA],
            &["ctlog"],
        )
    },
    public: Published {
        other_names: &["ctlog-public-key", "ctlog-pub-key"],
        ..secret(
            "ctlog-system",
            "ctlog-public-key",
            "createctconfig",
            &[PUBLIC],
            COPYSECRETS,
        )
    },
    key: PRIVATE,
    password: Some(PASSWORD),
    trusted: PUBLIC,
    made_from_key: &[PUBLIC, CONFIG],
    copy: "ctlog-public-key",
    more: Some(A_ROOT),
};

/// The tree of Rekor's log, and where `createtree` is told of an address, its host.
pub const REKOR_CONFIG: Published = config_map(
    "rekor-system",
    "rekor-config",
    "createtree",
    &[TREE_ID, HOST],
    &["rekor"],
);

/// The tree of the CT log. `createctconfig` adds the configuration there, for people to read.
pub const CTLOG_CONFIG: Published = config_map(
    "ctlog-system",
    "ctlog-config",
    "createtree",
    &[TREE_ID],
    &["createctconfig"],
);

/// The passwords of the database.
pub const TRILLIAN_MYSQL: Published = secret(
    "trillian-system",
    "trillian-mysql",
    "createsecret",
    &["password", "root-password"],
    &["mysql", "log-server", "log-signer"],
);

/// The password of Rekor's search index.
pub const REDIS_AUTH: Published = secret(
    "rekor-system",
    "redis-auth",
    "createsecret",
    &["password"],
    &["redis", "rekor"],
);

/// The private keys of the TUF repository.
pub const TUF_KEYS: Published = secret("tuf-system", "tuf-keys", "createtuf", &[], &[]);

/// The TUF repository.
pub const TUF_ROOT: Published = secret(
    "tuf-system",
    "tuf-root",
    "createtuf",
    &[ROOT, REPOSITORY],
    &["tuf"],
);

/// What clients need, for those who may read no Secrets.
pub const SIGSTORE_TRUST: Published = config_map(
    "tuf-system",
    "sigstore-trust",
    "createtuf",
    &[ROOT_JSON, TRUSTED_ROOT_JSON, SIGNING_CONFIG_JSON],
    &[],
);

/// The key pairs of the servers.
pub const KEY_PAIRS: [KeyPair; 6] = [FULCIO, CTLOG, REKOR, TSA, REKOR_TILES, CTLOG_TILES];

/// The key pairs of which `copysecrets` copies the public halves when nothing else is said.
pub const COPIED: [KeyPair; 4] = [FULCIO, CTLOG, REKOR, TSA];

/// The entries that may leave their namespace.
pub const PUBLIC_ENTRIES: [&str; 4] = [CERT, CERT_CHAIN, PUBLIC, ORIGIN];

/// The key pair to which a Secret called `name` belongs, as one of its two Secrets or as the copy.
pub fn key_pair(name: &str) -> Option<&'static KeyPair> {
    let goes_by = |secret: &Published| secret.name == name || secret.other_names.contains(&name);
    KEY_PAIRS
        .iter()
        .find(|pair| pair.copy == name || goes_by(&pair.public) || goes_by(&pair.private))
}

/// The object that goes by `name`.
pub fn published(name: &str) -> Option<&'static Published> {
    ALL.iter()
        .find(|object| object.name == name || object.other_names.contains(&name))
}

/// All objects.
pub const ALL: [Published; 21] = [
    FULCIO.public,
    CTLOG.public,
    REKOR.public,
    TSA.public,
    FULCIO.private,
    CTLOG.private,
    REKOR.private,
    TSA.private,
    REKOR_CONFIG,
    CTLOG_CONFIG,
    TRILLIAN_MYSQL,
    REDIS_AUTH,
    TUF_KEYS,
    TUF_ROOT,
    SIGSTORE_TRUST,
    REKOR_TILES.public,
    REKOR_TILES.private,
    REKOR_TILES_LOG,
    CTLOG_TILES.public,
    CTLOG_TILES.private,
    CTLOG_TILES_LOG,
];

const COPYSECRETS: &[&str] = &["copysecrets"];

const fn secret(
    namespace: &'static str,
    name: &'static str,
    maker: &'static str,
    entries: &'static [&'static str],
    readers: &'static [&'static str],
) -> Published {
    Published {
        kind: "Secret",
        namespace,
        name,
        other_names: &[],
        maker,
        entries,
        readers,
    }
}

const fn config_map(
    namespace: &'static str,
    name: &'static str,
    maker: &'static str,
    entries: &'static [&'static str],
    readers: &'static [&'static str],
) -> Published {
    Published {
        kind: "ConfigMap",
        ..secret(namespace, name, maker, entries, readers)
    }
}
