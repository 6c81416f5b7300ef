//! A line for each client and state, and in the end a table of all.

use std::{collections::BTreeMap, time::Duration};

use tuf::Repository;

use clients::client::CLIENTS;

use crate::{
    state::{Kind, State},
    visit::Visit,
};

/// What has been seen so far.
#[derive(Default)]
pub(crate) struct Table {
    /// The passed and the failed visits of each client, by column.
    cells: BTreeMap<(usize, Column), [usize; 2]>,
    passed: usize,
    failed: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Fresh,
    After(Kind),
    Refuses,
}

const COLUMNS: [(Column, &str); 6] = [
    (Column::Fresh, "fresh"),
    (Column::After(Kind::Renewal), "after renewal"),
    (Column::After(Kind::Rotation), "after rotation"),
    (Column::After(Kind::Input), "after changed input"),
    (Column::After(Kind::Takeover), "after takeover"),
    (Column::Refuses, "refuses another"),
];

impl Table {
    pub(crate) fn add(&mut self, state: &State, visits: Vec<Vec<Visit>>) {
        let column = |visit: &Visit| match (visit.from, state.kind) {
            (_, Kind::Takeover) => Column::After(Kind::Takeover),
            ("fresh", _) | (_, Kind::New) => Column::Fresh,
            (_, kind) => Column::After(kind),
        };
        self.add_lines(state.name, visits, column);
    }

    pub(crate) fn add_refusals(&mut self, visits: Vec<Vec<Visit>>) {
        println!("-- another repository at the same address");
        self.add_lines("refuses another", visits, |_| Column::Refuses);
    }

    fn add_lines(
        &mut self,
        what: &str,
        visits: Vec<Vec<Visit>>,
        column: impl Fn(&Visit) -> Column,
    ) {
        for (client, visits) in visits.iter().enumerate() {
            for visit in visits {
                let cell = self.cells.entry((client, column(visit))).or_default();
                cell[usize::from(visit.failure.is_some())] += 1;
            }
            let told: Vec<_> = visits.iter().map(Visit::told).collect();
            let ok = visits.iter().all(|visit| visit.failure.is_none());
            match ok {
                true => self.passed += 1,
                false => self.failed += 1,
            }
            let (mark, name) = (if ok { "ok" } else { "FAIL" }, CLIENTS[client].name);
            println!("{mark:<5} {name:<18} {what:<28} {}", told.join(", "));
        }
    }

    pub(crate) fn print(&self) {
        print!("\n{:<18}", "client");
        for (_, title) in COLUMNS {
            print!("  {title}");
        }
        println!();
        for (client, about) in CLIENTS.iter().enumerate() {
            print!("{:<18}", about.name);
            for (column, title) in COLUMNS {
                let [passed, failed] = self
                    .cells
                    .get(&(client, column))
                    .copied()
                    .unwrap_or_default();
                print!(
                    "  {:<1$}",
                    format!("{passed}/{}", passed + failed),
                    title.len()
                );
            }
            println!();
        }
        println!("{} passed, {} failed", self.passed, self.failed);
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }
}

impl Visit {
    fn told(&self) -> String {
        match &self.failure {
            None => format!("{} {}", self.from, seconds(self.time)),
            Some(failure) => format!("{}: {failure}", self.from),
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The versions of a repository's roles.
pub(crate) fn versions(repository: &Repository) -> String {
    let tuf::Versions {
        root,
        targets,
        snapshot,
        timestamp,
    } = repository.versions();
    format!("root {root}, targets {targets}, snapshot {snapshot}, timestamp {timestamp}")
}
