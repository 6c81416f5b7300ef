//! Labels and annotations, as Kubernetes checks them (`pkg/apis/core/validation` and
//! `k8s.io/apimachinery/pkg/util/validation`).

/// What marks the objects that a Job makes.
#[derive(clap::Args, Debug, Clone, Default)]
pub(crate) struct Marks {
    /// Labels for what is made, by comma or flag by flag; one that is there already stays as it is
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,

    /// Annotations for what is made, by comma or flag by flag; one that is there already stays as
    /// it is
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = annotation)]
    pub(crate) annotations: Vec<(String, String)>,
}

fn label(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = annotation(text)?;
    match value.is_empty() || is_name(&value) {
        true => Ok((key, value)),
        false => Err(VALUE),
    }
}

fn annotation(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("it has to be KEY=VALUE")?;
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let has_prefix =
        prefix.is_none_or(|prefix| crate::name(prefix).is_ok() && is_subdomain(prefix));
    match has_prefix && is_name(name) {
        true => Ok((key.into(), value.into())),
        false => Err(KEY),
    }
}

/// The part of a key after its prefix, and a label's value.
fn is_name(text: &str) -> bool {
    let is_end = |end: Option<char>| end.is_some_and(|end| end.is_ascii_alphanumeric());
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.len() <= 63
        && is_end(text.chars().next())
        && is_end(text.chars().last())
        && text.chars().all(is_inner)
}

/// Whether each part of a name begins and ends with a letter or digit.
fn is_subdomain(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('-') && !part.ends_with('-');
    name.split('.').all(is_part)
}

const KEY: &str = "a key has up to 63 letters, digits, '-', '_' and '.', and begins and ends with a \
                   letter or digit; a domain and '/' may stand before it";

const VALUE: &str = "a label's value has up to 63 letters, digits, '-', '_' and '.', and begins and \
                     ends with a letter or digit";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_that_kubernetes_takes() {
        let long = "x".repeat(63);
        for (key, value) in [
            ("team", "blue"),
            ("app.kubernetes.io/part-of", "my_stack.2"),
            ("a", ""),
            ("A-b_c.D", "0"),
            (&long, &long),
        ] {
            let taken = label(&format!("{key}={value}"));
            assert_eq!(taken, Ok((key.into(), value.into())));
        }
        for wrong in [
            "team",
            "=blue",
            "-a=b",
            "a-=b",
            "a b=c",
            "a/b/c=d",
            "/a=b",
            "A.b/c=d",
            "a..b/c=d",
            "a-.b/c=d",
            "a=-b",
            "a=b/c",
            "a=b=c",
            "a=\u{fc}",
            &format!("{long}x=a"),
            &format!("a={long}x"),
        ] {
            assert!(label(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_annotations_value_may_be_anything() {
        for value in ["", "b=c", "https://example.com/\u{fc} x", &"x".repeat(1000)] {
            let taken = annotation(&format!("example.com/a={value}"));
            assert_eq!(taken, Ok(("example.com/a".into(), value.into())));
        }
        assert!(annotation("a/=b").is_err());
    }
}
