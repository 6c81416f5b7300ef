//! The flags.

use address::Origin;
use clap::{Parser, builder::ArgPredicate::IsPresent};
use contract::{CTLOG, CTLOG_CONFIG, CTLOG_TILES, CTLOG_TILES_LOG, FULCIO, Published};
use fulcio::Url;
use keys::Kind;

#[derive(Parser)]
#[command(version, about)]
pub(crate) struct Args {
    /// Namespace of the Secrets and the ConfigMap
    #[arg(long, env = "NAMESPACE", value_parser = job::name)]
    pub(crate) namespace: String,

    /// The log is a TesseraCT's, with this name in its checkpoints: its URL without http://. It has
    /// no tree in Trillian, and no configuration
    #[arg(
        long,
        value_name = "HOST/PREFIX",
        conflicts_with_all = OF_CT_SERVER
    )]
    pub(crate) origin: Option<Origin>,

    /// ConfigMap for the newest checkpoint of a log with an origin
    #[arg(
        long,
        requires = "origin",
        default_value = CTLOG_TILES_LOG.default_name(),
        value_parser = job::name
    )]
    pub(crate) log_configmap: String,

    /// ConfigMap with the tree ID, which a readable copy of the configuration is added to
    #[arg(long, default_value = CTLOG_CONFIG.default_name(), value_parser = job::name)]
    pub(crate) configmap: String,

    /// Secret for the private key, the configuration and the roots
    #[arg(
        long,
        default_value = CTLOG.private.default_name(),
        default_value_if("origin", IsPresent, CTLOG_TILES.private.default_name()),
        value_parser = job::name
    )]
    pub(crate) secret: String,

    /// Secret for the public key
    #[arg(
        long,
        default_value = CTLOG.public.default_name(),
        default_value_if("origin", IsPresent, CTLOG_TILES.public.default_name()),
        value_parser = job::name
    )]
    pub(crate) pubkeysecret: String,

    /// Secret with a private key of your own (key: private), instead of a new one
    #[arg(long, default_value = "", hide_default_value = true, value_parser = no_or_a_name)]
    private_secret: String,

    /// Make no key: wait for yours, which you put into that Secret, or else into the one for the
    /// key
    #[arg(long)]
    wait_for_key: bool,

    /// Password of the private key, instead of a random one
    #[arg(long, env = "KEY_PASSWORD", hide_env_values = true)]
    key_password: Option<String>,

    /// File with the password of the private key
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "key_password",
        value_parser = job::password_file
    )]
    key_password_file: Option<String>,

    /// Type of a new key (docs/key-kinds.md has all)
    #[arg(long, default_value = "ecdsa", value_parser = key_type)]
    keytype: KeyType,

    /// Curve of a new ecdsa key
    #[arg(long, default_value = "p256", value_parser = curve)]
    curvetype: Kind,

    /// Under which path the log is served
    #[arg(long, default_value = "sigstorescaffolding", value_parser = prefix)]
    pub(crate) log_prefix: String,

    /// Where to ask for Fulcio's root
    #[arg(long, default_value = "http://fulcio.fulcio-system.svc", value_parser = job::url)]
    pub(crate) fulcio_url: Url,

    /// Secret with Fulcio's certificates, to check that Fulcio serves these; none to leave that out
    #[arg(
        long,
        value_name = "NAMESPACE/NAME",
        default_value_t = secret_of(&FULCIO.public),
        value_parser = no_or_a_secret
    )]
    fulcio_secret: String,

    /// File with the certificates to trust in TLS with Fulcio (PEM), instead of the system's, or
    /// those in SSL_CERT_FILE
    #[arg(
        long,
        value_name = "FILE",
        default_value = "",
        hide_default_value = true,
        value_parser = tls::trusted
    )]
    fulcio_ca_file: String,

    /// Trillian's log server for the CT log (host:port or dns:///host:port)
    #[arg(long, default_value = "log-server.trillian-system.svc:80")]
    pub(crate) trillian_server: job::Target,

    /// Where the CT log finds its private key
    #[arg(long, value_name = "PATH", default_value = "/ctfe-keys/private")]
    pub(crate) private_key_path: String,

    /// Where the CT log finds the roots, all in one file; otherwise each in /ctfe-keys/fulcio-N
    #[arg(long, value_name = "PATH")]
    roots_path: Option<String>,

    /// Trust a new root of Fulcio's beside the old ones, and change what these flags change
    #[arg(long)]
    pub(crate) accept_changes: bool,

    #[command(flatten)]
    pub(crate) job: job::Options,
}

/// The flags that say what stands in ct_server's configuration.
const OF_CT_SERVER: [&str; 5] = [
    "configmap",
    "log_prefix",
    "trillian_server",
    "private_key_path",
    "roots_path",
];

/// The kinds of keys that the original's names stand for.
#[derive(Clone, Copy)]
enum KeyType {
    /// On the curve that has a flag of its own.
    Ecdsa,
    Other(Kind),
}

impl Args {
    /// The kind of a new key; nothing if none is to be made.
    pub(crate) fn new_key(&self) -> Option<Kind> {
        let kind = match self.keytype {
            KeyType::Ecdsa => self.curvetype,
            KeyType::Other(kind) => kind,
        };
        (!self.wait_for_key).then_some(kind)
    }

    /// The password that was given. (ct_server takes no empty one.)
    pub(crate) fn password(&self) -> Option<&str> {
        let given = self.key_password_file.as_deref();
        given
            .or(self.key_password.as_deref())
            .filter(|given| !given.is_empty())
    }

    /// The Secret with a key of the user's own.
    pub(crate) fn private_secret(&self) -> Option<&str> {
        Some(self.private_secret.as_str()).filter(|name| !name.is_empty())
    }

    /// The namespace and the name of the Secret with Fulcio's certificates.
    pub(crate) fn fulcio_secret(&self) -> Option<(&str, &str)> {
        self.fulcio_secret.split_once('/')
    }

    /// The certificates to trust in TLS with Fulcio (PEM).
    pub(crate) fn fulcio_roots(&self) -> Option<&str> {
        Some(self.fulcio_ca_file.as_str()).filter(|roots| !roots.is_empty())
    }

    /// The files in which the CT log finds `count` roots.
    pub(crate) fn roots_paths(&self, count: usize) -> Vec<String> {
        match &self.roots_path {
            Some(path) => vec![path.clone()],
            None => (0..count)
                .map(|i| format!("/ctfe-keys/fulcio-{i}"))
                .collect(),
        }
    }
}

fn key_type(text: &str) -> Result<KeyType, String> {
    match text {
        "ecdsa" => Ok(KeyType::Ecdsa),
        "rsa" => keypair::offered(&CTLOG, Kind::Rsa4096.name()).map(KeyType::Other),
        _ => Err("it has to be ecdsa".into()),
    }
}

fn curve(text: &str) -> Result<Kind, String> {
    keypair::offered(&CTLOG, &format!("ecdsa-{text}"))
}

fn no_or_a_name(text: &str) -> Result<String, &'static str> {
    match text {
        "" => Ok(String::new()),
        _ => job::name(text),
    }
}

fn secret_of(published: &Published) -> String {
    format!("{}/{}", published.namespace, published.name)
}

fn no_or_a_secret(text: &str) -> Result<String, &'static str> {
    match text {
        "" => Ok(String::new()),
        _ => text
            .parse()
            .map(|secret: job::Reference| secret.to_string()),
    }
}

fn prefix(text: &str) -> Result<String, &'static str> {
    match text {
        "" => Err("ct_server takes no empty one"),
        _ if text.contains('/') => Err("ct_server takes no slash in it"),
        _ => Ok(text.into()),
    }
}

#[cfg(test)]
fn parsed(flags: &[&str]) -> Result<Args, clap::Error> {
    let flags = ["createctconfig", "--namespace=ctlog-system"]
        .into_iter()
        .chain(flags.iter().copied());
    job::parse_from(flags.map(Into::into))
}

#[cfg(test)]
impl Args {
    /// The flags of a command line that has the namespace and these.
    pub(crate) fn with_flags(flags: &[&str]) -> Self {
        parsed(flags).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_of_the_helm_chart_works() {
        let args = Args::with_flags(&[
            "--configmap=ctlog-config",
            "--secret=ctlog-secret",
            "--fulcio-url=http://fulcio-server.fulcio-system.svc",
            "--trillian-server=trillian-logserver.trillian-system:8091",
            "--log-prefix=sigstorescaffolding",
            "--private-secret=",
            "--pubkeysecret=ctlog-public-key",
            "--key-password=hush",
        ]);
        assert_eq!(args.private_secret(), None);
        assert_eq!(args.password(), Some("hush"));
        assert_eq!(
            args.roots_paths(2),
            ["/ctfe-keys/fulcio-0", "/ctfe-keys/fulcio-1"]
        );
    }

    #[test]
    fn a_new_key_is_ecdsa_p256_unless_another_is_waited_for() {
        for (flags, kind) in [
            (&[][..], Some(Kind::EcdsaP256)),
            (
                &["-keytype=ecdsa", "-curvetype=p256"],
                Some(Kind::EcdsaP256),
            ),
            (&["--wait-for-key"], None),
        ] {
            assert_eq!(Args::with_flags(flags).new_key(), kind);
        }
    }

    #[test]
    fn a_wrong_value_names_its_flag() {
        for flag in [
            "--log-prefix=a/b",
            "--log-prefix=",
            "--fulcio-url=fulcio.fulcio-system.svc",
            "--fulcio-url=fulcio.fulcio-system.svc:80",
            "--trillian-server=http://log-server",
            "--secret=Upper",
            "--private-secret=a/b",
            "--fulcio-secret=fulcio-pub-key",
            "--fulcio-secret=a/b/c",
            "--accept-changes=perhaps",
            "--keytype=ed25519",
            "--keytype=rsa",
            "--curvetype=p224",
            "--curvetype=p384",
            "--key-password-file=/dev/null",
            "--key-password-file=/not/there",
            "--fulcio-ca-file=/not/there",
            "--fulcio-ca-file=/dev/null",
        ] {
            let error = parsed(&[flag]).err().unwrap();
            assert_eq!(error.exit_code(), 2);
            assert!(
                error.to_string().contains(flag.split('=').next().unwrap()),
                "{error}"
            );
        }
    }
}
