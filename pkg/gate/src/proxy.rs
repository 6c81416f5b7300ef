//! The proxy on the way to the API server, as client-go finds it.

use std::env;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// The proxy for an API server at `cluster`: the one that the kubeconfig names, or else the
/// environment's, but for addresses in `NO_PROXY` and on this machine.
///
/// `found` is what kube found in either place. Of the environment's it knows only `HTTPS_PROXY`,
/// and it holds `NO_PROXY` against the proxy's address instead of the API server's.
pub(crate) fn to(cluster: &Uri, found: Option<Uri>) -> Option<Uri> {
    decide(cluster, found, |name| {
        [name.to_uppercase(), name.to_lowercase()]
            .iter()
            .filter_map(|name| env::var(name).ok())
            .find(|value| !value.is_empty())
    })
}

fn decide(
    cluster: &Uri,
    found: Option<Uri>,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<Uri> {
    let usual = variable("https_proxy").and_then(|proxy| proxy.parse().ok());
    if found.is_some() && found != usual {
        return found;
    }
    let host = cluster.host()?.trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
        return None;
    }
    let proxy = variable(match cluster.scheme_str() {
        Some("http") => "http_proxy",
        _ => "https_proxy",
    })?;
    // Go takes *.example.com for what others write as .example.com.
    let exceptions = variable("no_proxy").unwrap_or_default().replace("*.", ".");
    let matcher = Matcher::builder().all(&*proxy).no(exceptions).build();
    matcher.intercept(cluster)?;
    // The matcher's own has lost user and password.
    match proxy.contains("://") {
        true => proxy.parse().ok(),
        false => format!("http://{proxy}").parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "http://user:word@10.0.0.9:3128";

    fn decided(cluster: &str, found: Option<&str>, variables: &[(&str, &str)]) -> Option<String> {
        let found = found.map(|found| found.parse().unwrap());
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let proxy = decide(&cluster.parse().unwrap(), found, variable);
        proxy.map(|proxy| proxy.to_string().trim_end_matches('/').to_owned())
    }

    /// What `golang.org/x/net/http/httpproxy` says of the same.
    #[test]
    fn the_environments_proxy_is_taken_as_go_takes_it() {
        for (cluster, no_proxy, is_taken) in [
            ("https://api.example.com:6443", "", true),
            ("https://api.example.com:6443", "example.com", false),
            ("https://api.example.com:6443", ".example.com", false),
            ("https://api.example.com:6443", "*.example.com", false),
            ("https://api.example.com:6443", "ample.com", true),
            (
                "https://api.example.com:6443",
                "other, ,api.example.com,",
                false,
            ),
            ("https://api.example.com:6443", "<local>", true),
            ("https://api.example.com:6443", "*", false),
            ("https://10.96.0.1", "10.0.0.0/8", false),
            ("https://10.96.0.1", "10.96.0.1", false),
            ("https://10.96.0.1", "10.0.0.9", true),
            ("https://[fd00::1]:6443", "fd00::/16", false),
            ("https://[fd00::1]:6443", "", true),
            ("https://127.0.0.1:6443", "", false),
            ("https://[::1]:6443", "", false),
            ("https://localhost:6443", "", false),
        ] {
            let variables = [("https_proxy", PROXY), ("no_proxy", no_proxy)];
            for found in [None, Some(PROXY)] {
                let expected = is_taken.then(|| PROXY.to_owned());
                assert_eq!(
                    decided(cluster, found, &variables),
                    expected,
                    "{cluster} {no_proxy}"
                );
            }
        }
    }

    #[test]
    fn each_scheme_has_its_variable_and_a_proxy_needs_no_scheme() {
        let variables = [("http_proxy", "plain:1"), ("https_proxy", "tls:1")];
        let decided = |cluster| decided(cluster, None, &variables);
        assert_eq!(decided("http://api"), Some("http://plain:1".into()));
        assert_eq!(decided("https://api"), Some("http://tls:1".into()));
    }

    #[test]
    fn the_kubeconfigs_proxy_is_taken_whatever_the_environment_says() {
        let variables = [("https_proxy", PROXY), ("no_proxy", "*")];
        let own = "socks5://10.0.0.7:1080";
        let decided = decided("https://127.0.0.1:6443", Some(own), &variables);
        assert_eq!(decided, Some(own.into()));
    }
}
