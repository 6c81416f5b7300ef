//! URLs of servers.

use url::Url;

use crate::{Error, authority};

/// Reads the URL of a server: `http://` or `https://`, a host, perhaps a port and a path.
///
/// # Errors
///
/// What is wrong with it: clients read it in different ways, or they can't use it, or it says what
/// nobody is to be told.
pub fn url(text: &str) -> Result<Url, Error> {
    check_characters(text)?;
    let (scheme, rest) = text.split_once("://").ok_or(Error::NotHttp)?;
    if !is_http(scheme) {
        return Err(Error::NotHttp);
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if is_http(authority.trim_end_matches(':')) && path.starts_with("//") {
        return Err(Error::TwoSchemes);
    }
    if authority.is_empty() {
        return Err(Error::NotHttp);
    }
    if authority.contains('@') {
        return Err(Error::Credentials);
    }
    if path.contains(['?', '#']) {
        return Err(Error::Query);
    }
    if let Some(bracket) = path.chars().find(|c| "[]".contains(*c)) {
        return Err(Error::Character(bracket));
    }
    let (host, _) = authority::parse(authority)?;
    let url: Url = text.parse().map_err(|_| Error::Host(host.into()))?;
    match path.is_empty() || url.path() == path {
        true => Ok(url),
        false => Err(Error::Path),
    }
}

/// Refuses what RFC 3986 allows nowhere in a URL, and `$`, which it allows but nobody uses.
pub(crate) fn check_characters(text: &str) -> Result<(), Error> {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '$' | '{' | '}' | '<' | '>' => return Err(Error::Placeholder(c)),
            '%' => {
                let digits = rest.as_str().get(..2);
                if !digits.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit())) {
                    return Err(Error::Character(c));
                }
            }
            _ if c.is_ascii_alphanumeric() || "-._~:/?#[]@!&'()*+,;=".contains(c) => (),
            _ => return Err(Error::Character(c)),
        }
    }
    Ok(())
}

fn is_http(scheme: &str) -> bool {
    ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
}
