//! Points real clients at a repository while it is renewed, its keys are rotated and its inputs
//! change. Each has to follow, from wherever it last looked, and go on verifying what was signed
//! before.
//!
//! `hack/clients.sh` installs the clients and runs this.

#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

mod state;
mod table;
mod visit;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clients::{Site, client::Served};
use state::{STATES, State, TAKEN_OVER};
use table::Table;
use tempfile::TempDir;
use testbed::Kubernetes;

fn main() -> ExitCode {
    clients::exit_code(run())
}

/// Returns the number of failures.
fn run() -> Result<usize> {
    let [kubernetes, original, other] = [(); 3].map(|()| Kubernetes::start());
    let mut site = Site::new(&kubernetes)?;
    let [folder, takeover] = [TempDir::new()?, TempDir::new()?];
    let mut table = Table::default();

    for state in STATES {
        visit(&mut site, state, &folder, &mut table)?;
    }
    site.move_to(&original);
    visit(&mut site, &TAKEN_OVER, &takeover, &mut table)?;

    // The same clients must refuse what isn't the repository that they know.
    site.move_to(&other);
    (STATES[0].change)(&site)?;
    site.mount()?;
    let served = Served::by(&site)?;
    table.add_refusals(visit::refuse_all(&served, folder.path())?);

    table.print();
    Ok(table.failed())
}

fn visit(site: &mut Site<'_>, state: &State, folder: &TempDir, table: &mut Table) -> Result<()> {
    (state.change)(site).with_context(|| state.name.to_owned())?;
    site.mount()?;
    let served = Served::by(site)?;
    println!("-- {}: {}", state.name, table::versions(&served.repository));
    table.add(state, visit::visit_all(&served, folder.path())?);
    Ok(())
}
