//! What a server was asked, and what is to go wrong.

use std::{
    pin::pin,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use tokio::sync::Notify;

/// What a server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It answers with this HTTP status (Trillian: this gRPC code), and does nothing.
    Status(u16),
    /// It neither does anything nor answers before [`Calls::heal`].
    Hold,
    /// It closes the connection, and does nothing.
    DropBefore,
    /// It does what it was asked, and closes the connection instead of answering.
    DropAfter,
}

/// The calls that a server got, in order, and its faults.
///
/// A call is a line: `get secrets rekor-system/rekor-pub-key` (the verb is RBAC's), `CreateTree`,
/// `GET /api/v2/trustBundle`. Where calls are asked for, the line's beginning will do.
#[derive(Clone, Default)]
pub struct Calls(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    came: Condvar,
    healed: Notify,
}

#[derive(Default)]
struct State {
    log: Vec<String>,
    faults: Vec<Rule>,
}

struct Rule {
    calls: String,
    fault: Fault,
    /// How many come before it.
    passed: usize,
    left: usize,
}

impl Calls {
    /// Makes all `calls` from now on fail.
    pub fn fail(&self, calls: &str, fault: Fault) {
        self.fail_after(0, calls, fault);
    }

    /// Makes all `calls` from now on but the first `passed` fail.
    pub fn fail_after(&self, passed: usize, calls: &str, fault: Fault) {
        self.fail_times(passed, calls, fault, usize::MAX);
    }

    /// Makes the next of `calls` fail.
    pub fn fail_once(&self, calls: &str, fault: Fault) {
        self.fail_times(0, calls, fault, 1);
    }

    fn fail_times(&self, passed: usize, calls: &str, fault: Fault, left: usize) {
        self.state().faults.push(Rule {
            calls: calls.into(),
            fault,
            passed,
            left,
        });
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.state().faults.clear();
        self.0.healed.notify_waiters();
    }

    /// The calls so far.
    pub fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// How many of `calls` there were.
    pub fn count(&self, calls: &str) -> usize {
        self.state().count(calls)
    }

    /// Waits until there were `count` of `calls`.
    ///
    /// # Panics
    ///
    /// When they don't come within half a minute.
    pub fn wait_for(&self, calls: &str, count: usize) {
        let missing = |state: &mut State| state.count(calls) < count;
        let waited = self
            .0
            .came
            .wait_timeout_while(self.state(), PATIENCE, missing);
        let (state, timeout) = waited.expect("no server panicked");
        assert!(
            !timeout.timed_out(),
            "{count} times {calls:?} didn't come: {:#?}",
            state.log
        );
    }

    /// Writes a call down, and says what is to go wrong with it. Returns after any [`Fault::Hold`].
    pub(crate) async fn admit(&self, call: String) -> Option<Fault> {
        let mut healed = pin!(self.0.healed.notified());
        let fault = {
            let mut state = self.state();
            // Registered under the lock, so that no `heal` is missed.
            healed.as_mut().enable();
            let fault = state.fault(&call);
            state.log.push(call);
            self.0.came.notify_all();
            fault
        };
        if fault == Some(Fault::Hold) {
            healed.await;
            return None;
        }
        fault
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no server panicked")
    }
}

impl State {
    fn count(&self, calls: &str) -> usize {
        let matching = self.log.iter().filter(|call| call.starts_with(calls));
        matching.count()
    }

    fn fault(&mut self, call: &str) -> Option<Fault> {
        let matches = |rule: &&mut Rule| rule.left > 0 && call.starts_with(&rule.calls);
        let rule = self.faults.iter_mut().find(matches)?;
        if rule.passed > 0 {
            rule.passed -= 1;
            return None;
        }
        rule.left -= 1;
        Some(rule.fault)
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
