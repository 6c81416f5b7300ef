//! Servers' certificates, good ones and others, and the server's end of TLS.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivatePkcs8KeyDer},
};

/// Whose certificate a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// One that a CA signed, for the name that the server is called by.
    OfCa,
    /// One that its own key signed, `CA:FALSE`.
    SelfSigned,
    /// One that its own key signed, `CA:TRUE`, as `openssl req -x509` makes them.
    SelfSignedCa,
    /// One that a CA signed for somebody else.
    OfAnother,
    /// One that a CA signed, and whose validity is over.
    Expired,
}

/// The server's end of TLS, and the certificate to trust (PEM).
pub(crate) fn server(identity: Identity, name: &str) -> (TlsAcceptor, String) {
    let name = match identity {
        Identity::OfAnother => "another.example",
        _ => name,
    };
    let names = vec![name.to_owned()];
    let mut params = CertificateParams::new(names).expect("a name or an address");
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    match identity {
        Identity::SelfSignedCa => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        Identity::Expired => params.not_after = date_time_ymd(2001, 1, 1),
        _ => (),
    }
    let key = new_key();
    let (certificate, trusted) = match identity {
        Identity::SelfSigned | Identity::SelfSignedCa => {
            let certificate = params.self_signed(&key).expect("the parameters fit");
            let pem = certificate.pem();
            (certificate, pem)
        }
        _ => {
            let mut authority = CertificateParams::default();
            authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let authority_key = new_key();
            let root = authority.self_signed(&authority_key);
            let root = root.expect("the parameters fit").pem();
            let issuer = Issuer::new(authority, authority_key);
            let certificate = params.signed_by(&key, &issuer);
            (certificate.expect("the parameters fit"), root)
        }
    };
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    let mut config = config.expect("the key is the certificate's");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (TlsAcceptor::from(Arc::new(config)), trusted)
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("the system has random numbers")
}
