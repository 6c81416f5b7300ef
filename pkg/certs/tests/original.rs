//! We read every certificate that the Go original's jobs wrote.

use std::time::{Duration, SystemTime};

use keys::PrivateKey;
use scaffolding_certs::{Chain, Error};

macro_rules! original {
    ($path:literal) => {
        include_bytes!(concat!("../../../test/data/original/", $path))
    };
}

#[test]
fn fulcios_root_is_a_chain_of_one_for_its_key_and_lasts_a_year() {
    let chain = Chain::from_pem(original!("fulcio-secret/cert")).unwrap();
    let key = PrivateKey::from_pem(
        original!("fulcio-secret/private"),
        Some(original!("fulcio-secret/password")),
    );
    assert_eq!(chain.first().public_key(), key.unwrap().public_key());
    assert_eq!(chain.first(), chain.root());
    assert_eq!(
        (
            chain.root().organization().as_str(),
            chain.root().common_name().as_str()
        ),
        ("Linux Foundation", "")
    );
    let begin = chain.root().not_before();
    let next_day = begin + Duration::from_secs(24 * 3600);
    assert_eq!(chain.check_validity(next_day), Ok(Some(chain.root())));
    let later = begin + Duration::from_secs(367 * 24 * 3600);
    assert!(matches!(
        chain.check_validity(later),
        Err(Error::Expired { .. })
    ));
}

#[test]
fn the_timestamping_chain_is_in_order_and_its_leaf_has_the_key() {
    let chain = Chain::from_pem(original!("tsa-cert-chain/cert-chain")).unwrap();
    let key = PrivateKey::from_pem(
        original!("tsa-cert-chain/signing-secret"),
        Some(original!("tsa-cert-chain/signing-secret-password")),
    );
    assert_eq!(chain.certificates().len(), 3);
    assert_eq!(chain.first().public_key(), key.unwrap().public_key());
    let (critical, purposes) = chain.first().extended_key_usage().unwrap();
    assert_eq!(
        (critical, purposes.iter().map(ToString::to_string).collect()),
        (true, vec!["1.3.6.1.5.5.7.3.8".to_owned()])
    );
    assert_eq!(
        chain.check_validity(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)),
        Ok(None)
    );
}
