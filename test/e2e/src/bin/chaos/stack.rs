//! The stack that is broken, and what has to hold after each phase.

use std::cell::Cell;

use anyhow::Result;
use e2e::{Cluster, Cosign, client, namespaces, process, unchanged};

use crate::{halves, tiles, trees::Trees};

/// The stack.
pub(crate) struct Stack {
    pub(crate) cluster: Cluster,
    /// Its namespaces.
    pub(crate) namespaces: Vec<String>,
    trees: Cell<Trees>,
}

impl Stack {
    pub(crate) async fn connect() -> Result<Self> {
        Ok(Self {
            cluster: Cluster::connect().await?,
            namespaces: namespaces(),
            trees: Cell::default(),
        })
    }

    /// Whether its logs are trees in a database. Otherwise they are tiles.
    pub(crate) fn has_database(&self) -> bool {
        self.namespaces
            .iter()
            .any(|namespace| namespace == "trillian-system")
    }

    /// The client in a new pod, and no stack.
    pub(crate) async fn client_anew(&self) -> Result<()> {
        let mut namespaces = self.namespaces.clone();
        namespaces.push("e2e".into());
        self.cluster.delete_namespaces(&namespaces, true).await?;
        client::start().await
    }

    /// Stands up on an empty cluster while `fault` goes on, and makes the first signature.
    pub(crate) async fn stand_up_under(
        &self,
        fault: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        self.cluster
            .delete_namespaces(&self.namespaces, true)
            .await?;
        self.cluster.apply().await?;
        fault.await?;
        self.cluster.wait_for_servers().await?;
        client::both(async |cosign| {
            cosign.initialize(&self.cluster).await?;
            self.sign(cosign, "first").await
        })
        .await
    }

    /// Does the same as [`Stack::stand_up_under`], and checks that running all Jobs again changes
    /// nothing.
    pub(crate) async fn lasts_under(&self, fault: impl Future<Output = Result<()>>) -> Result<()> {
        self.stand_up_under(fault).await?;
        self.works_after(self.unchanged_by(self.retry())).await?;
        match self.has_database() {
            true => self.count_trees().await,
            false => Ok(()),
        }
    }

    /// Does something that ends with the whole stack applied, and checks what holds then: keys
    /// belong together, and the first signature still verifies.
    pub(crate) async fn works_after(&self, action: impl Future<Output = Result<()>>) -> Result<()> {
        action.await?;
        self.cluster.wait_for_servers().await?;
        halves::check_pairs(&self.cluster, "").await?;
        client::both(async |cosign| self.signatures(cosign).await).await
    }

    /// The first signature verifies to who has initialized before and to who does it now, and a
    /// second one can be made.
    async fn signatures(&self, cosign: Cosign) -> Result<()> {
        cosign.verify("first").await?;
        cosign.initialize(&self.cluster).await?;
        cosign.verify("first").await?;
        self.sign(cosign, "second").await
    }

    /// Signs a new blob of this name, and verifies it.
    async fn sign(&self, cosign: Cosign, blob: &str) -> Result<()> {
        match self.has_database() {
            true => cosign.sign(blob).await,
            false => cosign.sign_as_configured(blob).await.map(|_| ()),
        }
    }

    /// Does something, after which every Secret and ConfigMap has the version that it had.
    pub(crate) async fn unchanged_by(
        &self,
        action: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        if !self.has_database() {
            tiles::record(&self.cluster).await?;
        }
        let before = self.cluster.versions(&self.namespaces).await?;
        action.await?;
        self.cluster.wait_for_servers().await?;
        unchanged(&before, &self.cluster.versions(&self.namespaces).await?)
    }

    /// Runs all Jobs again, as the README says.
    pub(crate) async fn retry(&self) -> Result<()> {
        let command = docs::block("docs/upgrade.md", "## Retry a Job")?;
        let command = match self.has_database() {
            true => command,
            false => command.replace("-f config/", "-k config/tiles"),
        };
        process::script(&command).await?;
        Ok(())
    }

    /// Checks that every tree in Trillian is published or deleted, and counts them.
    pub(crate) async fn count_trees(&self) -> Result<()> {
        let trees = self.trees.get().with_current(&self.cluster).await?;
        self.trees.set(trees);
        Ok(())
    }

    /// The trees that were counted.
    pub(crate) fn trees(&self) -> Trees {
        self.trees.get()
    }
}
