//! Bearer tokens, and what tells others how to verify them: for tests, since whoever asks for a
//! name gets it.

use std::{str::FromStr, time::SystemTime};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use keys::PrivateKey;
use serde_json::{Value, json};

/// An API server as an issuer of tokens, with a path for each kind of bearer but its own.
pub struct Issuer {
    url: String,
    key: RsaKeyPair,
}

/// Whom a token is about.
#[derive(Debug, Clone)]
pub enum Bearer {
    /// A person, by an address.
    Email(String),
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A workflow of GitHub Actions.
    Workflow(Workflow),
}

/// Which workflow of which repository, at which ref.
#[derive(Debug, Clone)]
pub struct Workflow {
    owner: String,
    repository: String,
    file: String,
    git_ref: String,
}

/// What Fulcio calls the kinds of issuers that there are beside Kubernetes' own; each is a path,
/// too.
pub const OTHER_ISSUERS: [&str; 2] = [EMAIL, WORKFLOW];

impl Issuer {
    /// The issuer at that URL. Its key is RSA, for cosign takes no other token for one.
    ///
    /// # Errors
    ///
    /// That the key isn't of 2048 bits.
    pub fn new(url: &str, key: &PrivateKey) -> Result<Self, String> {
        let key = RsaKeyPair::from_pkcs8(key.pkcs8_der());
        let key = key.map_err(|cause| format!("the issuer's key: {cause}"))?;
        match key.public_modulus_len() {
            256 => Ok(Self {
                url: url.into(),
                key,
            }),
            bytes => Err(format!("the issuer's key has {bytes} bytes, and not 256")),
        }
    }

    /// The issuer of tokens about such a bearer.
    pub fn url(&self, bearer: &Bearer) -> String {
        match bearer {
            Bearer::ServiceAccount { .. } => self.url.clone(),
            Bearer::Email(_) => format!("{}/{EMAIL}", self.url),
            Bearer::Workflow(_) => format!("{}/{WORKFLOW}", self.url),
        }
    }

    /// A token for Sigstore, from now on.
    ///
    /// # Panics
    ///
    /// When the system has no random numbers.
    pub fn token(&self, bearer: &Bearer) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_secs());
        let mut claims = bearer.claims();
        claims["iss"] = self.url(bearer).into();
        claims["aud"] = "sigstore".into();
        claims["iat"] = now.into();
        claims["nbf"] = now.into();
        claims["exp"] = (now + LIFETIME).into();
        let head = json!({"alg": "RS256", "kid": KEY_ID, "typ": "JWT"});
        let [head, claims] = [head, claims].map(|part| encoded(part.to_string().as_bytes()));
        let signed = format!("{head}.{claims}");
        let mut signature = [0; 256];
        let done = self.key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        );
        done.expect("the system has random numbers");
        format!("{signed}.{}", encoded(&signature))
    }

    /// What it answers to everybody: as Kubernetes, where the keys are, and the keys.
    pub(crate) fn document(&self, path: &str) -> Option<Value> {
        if path == KEYS {
            // RFC 8017, appendix A.1.1: the modulus after two heads and a zero, and 65537.
            let modulus = &self.key.public_key().as_ref()[9..][..256];
            return Some(json!({"keys": [{
                "use": "sig", "kty": "RSA", "kid": KEY_ID, "alg": "RS256",
                "n": encoded(modulus), "e": "AQAB",
            }]}));
        }
        let issuer = path.strip_suffix("/.well-known/openid-configuration")?;
        let kind = issuer.trim_start_matches('/');
        (issuer.is_empty() || OTHER_ISSUERS.contains(&kind)).then(|| {
            json!({
                "issuer": format!("{}{issuer}", self.url),
                "jwks_uri": format!("{}{KEYS}", self.url),
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            })
        })
    }
}

/// The account that a pod has unless it names one.
impl Default for Bearer {
    fn default() -> Self {
        Self::ServiceAccount {
            namespace: "default".into(),
            name: "default".into(),
        }
    }
}

impl Bearer {
    fn claims(&self) -> Value {
        match self {
            Self::Email(address) => {
                json!({"sub": address, "email": address, "email_verified": true})
            }
            Self::ServiceAccount { namespace, name } => json!({
                "sub": format!("system:serviceaccount:{namespace}:{name}"),
                "kubernetes.io": {
                    "namespace": namespace,
                    "pod": {"name": "client", "uid": "1"},
                    "serviceaccount": {"name": name, "uid": "1"},
                },
            }),
            Self::Workflow(workflow) => workflow.claims(),
        }
    }
}

impl Workflow {
    fn claims(&self) -> Value {
        let Self {
            owner,
            repository,
            file,
            git_ref,
        } = self;
        let repository = format!("{owner}/{repository}");
        let workflow = format!("{repository}/{DIRECTORY}{file}@{git_ref}");
        json!({
            "sub": format!("repo:{repository}:ref:{git_ref}"),
            "event_name": "push",
            "ref": git_ref,
            "sha": NO_COMMIT,
            "workflow": file,
            "workflow_ref": workflow,
            "workflow_sha": NO_COMMIT,
            "job_workflow_ref": workflow,
            "job_workflow_sha": NO_COMMIT,
            "repository": repository,
            "repository_id": "1",
            "repository_owner": owner,
            "repository_owner_id": "1",
            "repository_visibility": "public",
            "runner_environment": "github-hosted",
            "run_id": "1",
            "run_attempt": "1",
        })
    }
}

impl FromStr for Workflow {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (path, git_ref) = text.split_once('@')?;
            let (owner, rest) = path.split_once('/')?;
            let (repository, file) = rest.split_once('/')?;
            let file = file.strip_prefix(DIRECTORY)?;
            let parts = [owner, repository, file, git_ref].map(str::to_owned);
            let [owner, repository, file, git_ref] = parts;
            let workflow = Self {
                owner,
                repository,
                file,
                git_ref,
            };
            (!workflow.file.is_empty() && workflow.git_ref.starts_with("refs/")).then_some(workflow)
        };
        parsed().ok_or("it has to be OWNER/REPO/.github/workflows/FILE@refs/…")
    }
}

fn encoded(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

const EMAIL: &str = "email";
const WORKFLOW: &str = "github-workflow";
const DIRECTORY: &str = ".github/workflows/";
const KEYS: &str = "/openid/v1/jwks";
const KEY_ID: &str = "1";
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";
/// A day, in seconds: who keeps a stack up needn't ask again.
const LIFETIME: u64 = 24 * 3600;
