//! The gates, as they open: a list that changes in place on a terminal, one line each elsewhere.

use std::{
    io::{IsTerminal as _, stdout},
    time::{Duration, Instant},
};

use testbed::Pod;

/// The list.
pub(crate) struct Board {
    start: Instant,
    rows: Vec<Row>,
    terminal: bool,
    drawn: bool,
}

struct Row {
    name: String,
    done: &'static str,
    state: State,
    told: bool,
}

enum State {
    Waiting(String),
    Open(Duration),
}

impl Board {
    /// A list of all pods; `ready` is what is said of a server whose gate is open.
    pub(crate) fn new(pods: &[Pod], ready: &'static str) -> Self {
        let rows = pods.iter().map(|pod| Row {
            name: format!("{}/{}", pod.namespace, pod.name),
            done: if pod.is_job() { "done" } else { ready },
            state: State::Waiting(String::new()),
            told: false,
        });
        Self {
            start: Instant::now(),
            rows: rows.collect(),
            terminal: stdout().is_terminal(),
            drawn: false,
        }
    }

    pub(crate) fn set_waiting(&mut self, row: usize, why: &str) {
        self.rows[row].state = State::Waiting(why.into());
    }

    pub(crate) fn set_open(&mut self, row: usize) {
        self.rows[row].state = State::Open(self.start.elapsed());
    }

    pub(crate) fn is_open(&self, row: usize) -> bool {
        matches!(self.rows[row].state, State::Open(_))
    }

    pub(crate) fn all_open(&self) -> bool {
        (0..self.rows.len()).all(|row| self.is_open(row))
    }

    pub(crate) fn draw(&mut self) {
        if self.terminal {
            if self.drawn {
                print!("\x1b[{}A", self.rows.len());
            }
            for row in &self.rows {
                println!("\x1b[2K{}", row.text());
            }
            self.drawn = true;
            return;
        }
        for row in &mut self.rows {
            if matches!(row.state, State::Open(_)) && !row.told {
                println!("{}", row.text());
                row.told = true;
            }
        }
    }
}

impl Row {
    fn text(&self) -> String {
        let name = format!("{:<32}", self.name);
        match &self.state {
            State::Open(time) => format!("{:7.2} s  {name}  {}", time.as_secs_f64(), self.done),
            State::Waiting(why) => {
                let why: String = why.trim().chars().take(WIDTH).collect();
                format!("           {name}  {why}")
            }
        }
    }
}

/// What is left of 80 columns, so that no line is wrapped.
const WIDTH: usize = 34;
