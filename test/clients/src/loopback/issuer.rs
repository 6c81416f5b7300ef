//! An OpenID Connect issuer on loopback: its keys, and tokens like those of a service account.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::SystemTime,
};

use anyhow::{Context as _, Result};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

/// Where it is, and who its tokens say that they are from.
pub const ISSUER: &str = "http://localhost:8000";
/// What its tokens name as [`crate::client::IDENTITY`] does.
const SUBJECT: &str = "system:serviceaccount:e2e:signer";

/// One with a key of its own, which answers Fulcio until this process ends.
pub struct Issuer {
    key: EcdsaKeyPair,
}

impl Issuer {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// When its port is taken.
    pub fn start() -> Result<Self> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::generate(algorithm).context("making the issuer's key")?;
        // The first byte says that the point isn't compressed.
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        let [x, y] = [x, y].map(Base64UrlUnpadded::encode_string);
        let keys = json!({"keys": [
            {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": x, "y": y},
        ]});
        let listener = TcpListener::bind("localhost:8000").context("listening as the issuer")?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up is its own affair.
                let _ = answer(stream, &keys);
            }
        });
        Ok(Self { key })
    }

    /// A token for this very moment.
    ///
    /// # Errors
    ///
    /// When it can't be signed.
    pub fn token(&self) -> Result<String> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let head = json!({"alg": "ES256", "kid": "1", "typ": "JWT"});
        let claims = json!({
            "iss": ISSUER, "aud": "sigstore", "sub": SUBJECT,
            "iat": now.as_secs(), "nbf": now.as_secs(), "exp": now.as_secs() + 600,
            "kubernetes.io": {
                "namespace": "e2e",
                "pod": {"name": "client", "uid": "1"},
                "serviceaccount": {"name": "signer", "uid": "2"},
            },
        });
        let [head, claims] = [head, claims]
            .map(|part| Base64UrlUnpadded::encode_string(part.to_string().as_bytes()));
        let signed = format!("{head}.{claims}");
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.context("signing a token")?;
        let signature = Base64UrlUnpadded::encode_string(signature.as_ref());
        Ok(format!("{signed}.{signature}"))
    }
}

/// Its keys, or where they are.
fn answer(mut stream: TcpStream, keys: &Value) -> Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().context("no request")??;
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let body = match request.contains("/.well-known/openid-configuration") {
        true => json!({
            "issuer": ISSUER,
            "jwks_uri": format!("{ISSUER}/keys"),
            "authorization_endpoint": format!("{ISSUER}/auth"),
            "token_endpoint": format!("{ISSUER}/token"),
            "id_token_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
        }),
        false => keys.clone(),
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
    )?;
    Ok(())
}
