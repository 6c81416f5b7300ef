//! A copy as it is, and as it is to be.

use anyhow::Result;
use contract::PUBLIC_ENTRIES;
use gate::{Entries, Gate, Kube, Secret, Source};
use refusal::{NotYet, Object, Refusal};
use tracing::warn;

use crate::{
    copy::Copy,
    public::{Public, Unfit},
};

/// What is to be written into a copy.
pub(crate) struct Update {
    target: Gate<Secret>,
    entries: Entries,
    /// Refusals of entries of the source that don't hold what their names say.
    pub(crate) unfit: Vec<Refusal>,
    /// Refusals of entries in which the source differs from the copy.
    pub(crate) changes: Vec<Refusal>,
}

impl Update {
    /// Reads the source and its copy in `namespace`.
    ///
    /// # Errors
    ///
    /// [`NotYet`] when the source lacks what is needed; the API server's.
    pub(crate) async fn read(kube: &Kube, copy: &Copy, namespace: &str) -> Result<Self> {
        let source = Source::secret(kube, &copy.namespace, &copy.name).await?;
        let is_missing = |some: &Vec<&str>| some.iter().all(|entry| source.bytes(entry).is_none());
        if let Some(needed) = copy.needed().into_iter().find(is_missing) {
            let object = match source.exists() {
                true => any_of(&needed, &source.object()),
                false => source.object(),
            };
            return Err(NotYet::new(object, copy.maker()).into());
        }
        let mut update = Self {
            target: Gate::secret(kube, namespace, &copy.target).await?,
            entries: Entries::new(),
            unfit: vec![],
            changes: vec![],
        };
        for entry in PUBLIC_ENTRIES {
            if let Some(file) = source.bytes(entry) {
                update.add(&source.object(), copy.maker(), entry, file);
            }
        }
        Ok(update)
    }

    /// Adds an entry of the source: to what is written, or to what is refused.
    fn add(&mut self, source: &Object, maker: &str, entry: &str, file: &[u8]) {
        let new = match Public::read(entry, file) {
            Ok(new) => new,
            Err(Unfit { cause, mend }) => {
                let way_out = match mend {
                    Some(command) => format!("mend it ({command})"),
                    None => {
                        format!("put what belongs there, or remove it to have {maker} derive it")
                    }
                };
                let difference = format!("can't be copied ({cause})");
                return self
                    .unfit
                    .push(Refusal::new(source.entry(entry), difference, way_out));
            }
        };
        if let Some(old) = self.target.bytes(entry) {
            let old = Public::read(entry, old);
            if let Some(difference) = new.difference(old.as_ref()) {
                self.changes.push(Refusal::new(
                    source.entry(entry),
                    format!("isn't what {} has ({difference})", self.target),
                    "if that was you, add --accept-changes",
                ));
            }
        }
        self.entries.insert(entry, new.file);
    }

    /// Writes the copy. Its other entries stay.
    ///
    /// # Errors
    ///
    /// As [`Gate::publish`].
    pub(crate) async fn publish(mut self) -> Result<()> {
        for (entry, _) in self.target.entries().iter() {
            if !PUBLIC_ENTRIES.contains(&entry) {
                let object = self.target.entry(entry);
                warn!(%object, "{object} has no business there: remove it");
            }
        }
        Ok(self.target.publish(self.entries).await?)
    }
}

/// What messages call several entries of an object of which one is needed: `"cert" or "public" of`
/// it.
fn any_of(entries: &[&str], object: &Object) -> Object {
    match entries {
        [entry] => object.entry(entry),
        _ => {
            let quoted: Vec<_> = entries.iter().map(|entry| format!("{entry:?}")).collect();
            format!("{} of {object}", quoted.join(" or ")).into()
        }
    }
}
