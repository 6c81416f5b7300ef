//! The labels and annotations of what is written.

use std::collections::BTreeMap;

use kube::api::ObjectMeta;

type Values = BTreeMap<String, String>;

/// What every object gets that is created or changed.
pub(crate) struct Marks {
    labels: Values,
    annotations: Values,
}

impl Marks {
    /// These, and the labels that Kubernetes recommends
    /// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels>).
    pub(crate) fn new(mut labels: Values, annotations: Values) -> Self {
        for (name, value) in RECOMMENDED {
            labels.entry(name.into()).or_insert_with(|| value.into());
        }
        Self {
            labels,
            annotations,
        }
    }

    /// Adds what is missing. What somebody set stays as it is.
    pub(crate) fn add_to(&self, metadata: &mut ObjectMeta) {
        add(&mut metadata.labels, &self.labels);
        add(&mut metadata.annotations, &self.annotations);
    }
}

fn add(found: &mut Option<Values>, wanted: &Values) {
    if wanted.is_empty() {
        return;
    }
    let found = found.get_or_insert_default();
    for (name, value) in wanted {
        found.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

const RECOMMENDED: [(&str, &str); 3] = [
    ("app.kubernetes.io/managed-by", "scaffolding"),
    ("app.kubernetes.io/name", "scaffolding"),
    ("app.kubernetes.io/part-of", "sigstore"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[(&str, &str)]) -> Values {
        let owned = |(name, value): &(&str, &str)| ((*name).into(), (*value).into());
        values.iter().map(owned).collect()
    }

    #[test]
    fn what_somebody_set_stays_and_flags_come_before_what_is_recommended() {
        let helm = ("app.kubernetes.io/managed-by", "Helm");
        let name = ("app.kubernetes.io/name", "rekor");
        let mut metadata = ObjectMeta {
            labels: Some(values(&[helm, ("team", "red")])),
            ..ObjectMeta::default()
        };
        let marks = Marks::new(values(&[name, ("team", "blue")]), values(&[("a", "b")]));
        marks.add_to(&mut metadata);
        let labels = [helm, name, RECOMMENDED[2], ("team", "red")];
        assert_eq!(metadata.labels, Some(values(&labels)));
        assert_eq!(metadata.annotations, Some(values(&[("a", "b")])));
    }
}
