//! Who the cluster says that it is.

use http::Request;
use serde::Deserialize;

use crate::{Error, Kube, Result};

/// The issuer of the cluster's service-account tokens, as its API server names it; nothing where
/// that isn't for every account to know (Kubernetes' service account issuer discovery).
///
/// # Errors
///
/// The API server's.
pub async fn issuer(kube: &Kube) -> Result<Option<String>> {
    #[derive(Deserialize)]
    struct Discovery {
        issuer: String,
    }
    let request = Request::get("/.well-known/openid-configuration").body(vec![]);
    let request = request.expect("a path and no body");
    match kube.client().request::<Discovery>(request).await {
        Ok(discovery) => Ok(Some(discovery.issuer)),
        Err(kube::Error::Api(status)) if status.is_not_found() || status.is_forbidden() => Ok(None),
        Err(cause) => Err(Error::call("reading", "the cluster's issuer".into(), cause)),
    }
}
