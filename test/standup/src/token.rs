//! `standup token`.

use clap::Args;
use testbed::{Bearer, Workflow};

/// Whom a token is about.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Identity {
    /// A person
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,

    /// A service account
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = account)]
    service_account: Option<Bearer>,

    /// A workflow of GitHub Actions
    #[arg(long, value_name = "OWNER/REPO/.github/workflows/FILE@REF")]
    github_workflow: Option<Workflow>,
}

impl Identity {
    pub(crate) fn bearer(self) -> Option<Bearer> {
        let workflow = self.github_workflow.map(Bearer::Workflow);
        let email = self.email.map(Bearer::Email);
        email.or(self.service_account).or(workflow)
    }
}

fn account(text: &str) -> Result<Bearer, &'static str> {
    let (namespace, name) = text.split_once('/').ok_or("it has to be NAMESPACE/NAME")?;
    Ok(Bearer::ServiceAccount {
        namespace: namespace.into(),
        name: name.into(),
    })
}
