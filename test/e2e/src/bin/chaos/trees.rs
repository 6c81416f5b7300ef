//! The trees in Trillian's database.

use std::{fmt, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use contract::TREE_ID;
use e2e::{Cluster, process};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::ListParams;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// The trees that were found, all of them published or deleted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trees {
    published: usize,
    deleted: usize,
    databases: usize,
}

impl Trees {
    /// Adds the trees that are in the database now. Each has to be published or deleted.
    pub(crate) async fn with_current(self, cluster: &Cluster) -> Result<Self> {
        let live = sql("SELECT TreeId FROM Trees WHERE Deleted IS NOT TRUE").await?;
        let mut live: Vec<_> = live.lines().map(str::to_owned).collect();
        let maps = cluster
            .all::<ConfigMap>()
            .list(&ListParams::default())
            .await?;
        let entries = maps.into_iter().filter_map(|map| map.data);
        let mut published: Vec<_> = entries
            .filter_map(|mut data| data.remove(TREE_ID))
            .collect();
        live.sort();
        published.sort();
        ensure!(
            live == published,
            "in Trillian: {live:?}, published: {published:?}"
        );
        Ok(Self {
            published: self.published + live.len(),
            deleted: self.deleted + count("Trees WHERE Deleted").await?,
            databases: self.databases + 1,
        })
    }
}

impl fmt::Display for Trees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            published,
            deleted,
            databases,
        } = self;
        write!(
            f,
            "trees in Trillian: {published} published and {deleted} deleted in {databases} databases, no other"
        )
    }
}

/// Counts rows: `rows` is a table, and may have a condition.
pub(crate) async fn count(rows: &str) -> Result<usize> {
    let count = sql(&format!("SELECT COUNT(*) FROM {rows}")).await?;
    count
        .trim()
        .parse()
        .with_context(|| format!("counting {rows}"))
}

async fn sql(statement: &str) -> Result<String> {
    process::text(client(), statement.as_bytes()).await
}

/// A session in Trillian's database, which ends with this.
pub(crate) struct Session {
    statements: ChildStdin,
    rows: Lines<BufReader<ChildStdout>>,
    _client: Child,
}

impl Session {
    pub(crate) fn open() -> Result<Self> {
        let mut client = client();
        client
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut client = client.spawn().context("starting kubectl")?;
        Ok(Self {
            statements: client.stdin.take().context("stdin is piped")?,
            rows: BufReader::new(client.stdout.take().context("stdout is piped")?).lines(),
            _client: client,
        })
    }

    /// Runs statements.
    pub(crate) async fn run(&mut self, statements: &str) -> Result<()> {
        self.statements.write_all(statements.as_bytes()).await?;
        self.statements
            .flush()
            .await
            .context("writing to the database")
    }

    /// Waits for a row.
    pub(crate) async fn row(&mut self) -> Result<String> {
        let row = self.rows.next_line().await?;
        row.context("the database's client ended")
    }
}

/// The database's client in its pod.
fn client() -> Command {
    let pod = [
        "exec",
        "--stdin",
        "mysql-0",
        "--namespace=trillian-system",
        "--container=mysql",
    ];
    process::command(
        "kubectl",
        &[&pod[..], &["--", "sh", "-euc", MARIADB]].concat(),
    )
}

const MARIADB: &str = r#"
    password=$(cat /etc/mysql-passwords/password)
    exec mariadb --host=127.0.0.1 --user=trillian --password="$password" \
        --batch --skip-column-names --unbuffered trillian"#;
