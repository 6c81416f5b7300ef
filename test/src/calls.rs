//! What a server was asked, and what is to go wrong.

use std::{
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use tokio::sync::{Notify, futures::OwnedNotified};

/// What a server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It answers with this HTTP status (Trillian: this gRPC code), and does nothing.
    Status(u16),
    /// It does what it was asked, and answers with this status all the same.
    StatusAfter(u16),
    /// It neither does anything nor answers before [`Calls::heal`].
    Hold,
    /// It does what it was asked, and doesn't answer before [`Calls::heal`].
    HoldAfter,
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
    healed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    log: Vec<String>,
    faults: Vec<Rule>,
    held: usize,
}

struct Rule {
    calls: String,
    fault: Fault,
    passing: usize,
    left: usize,
}

/// Completes at the next [`Calls::heal`].
pub(crate) type Healed = Pin<Box<OwnedNotified>>;

impl Calls {
    /// Makes all `calls` from now on fail.
    pub fn fail(&self, calls: &str, fault: Fault) {
        self.fail_after(0, calls, fault);
    }

    /// Makes all `calls` from now on but the first `passing` fail.
    pub fn fail_after(&self, passing: usize, calls: &str, fault: Fault) {
        self.add(calls, fault, passing, usize::MAX);
    }

    /// Makes the next of `calls` fail.
    pub fn fail_once(&self, calls: &str, fault: Fault) {
        self.fail_once_after(0, calls, fault);
    }

    /// Makes one of `calls` fail, after the next `passing`.
    pub fn fail_once_after(&self, passing: usize, calls: &str, fault: Fault) {
        self.add(calls, fault, passing, 1);
    }

    fn add(&self, calls: &str, fault: Fault, passing: usize, left: usize) {
        self.state().faults.push(Rule {
            calls: calls.into(),
            fault,
            passing,
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
        let what = format!("{count} times {calls:?}");
        self.wait_until(&what, |state| state.count(calls) >= count);
    }

    /// Waits until a call is held, by [`Fault::Hold`] or, when it has been done, by
    /// [`Fault::HoldAfter`].
    ///
    /// # Panics
    ///
    /// When none is within half a minute.
    pub fn wait_for_hold(&self) {
        self.wait_until("a call to hold", |state| state.held > 0);
    }

    /// Whether a call has been held.
    pub fn has_held(&self) -> bool {
        self.state().held > 0
    }

    fn wait_until(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        let state = self.state();
        let waited = self
            .0
            .came
            .wait_timeout_while(state, PATIENCE, |state| !is_so(state));
        let (state, timeout) = waited.expect("no server panicked");
        assert!(!timeout.timed_out(), "{what} didn't come: {:#?}", state.log);
    }

    /// Writes a call down, and says what is to go wrong with it.
    pub(crate) fn admit(&self, call: String) -> (Option<Fault>, Healed) {
        let mut healed = Box::pin(self.0.healed.clone().notified_owned());
        let mut state = self.state();
        // Registered under the lock, so that no `heal` is missed.
        healed.as_mut().enable();
        let fault = state.fault(&call);
        state.log.push(call);
        self.0.came.notify_all();
        (fault, healed)
    }

    /// Holds a call until [`Calls::heal`].
    pub(crate) async fn hold(&self, healed: Healed) {
        self.state().held += 1;
        self.0.came.notify_all();
        healed.await;
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
        for rule in self.faults.iter_mut().filter(matches) {
            if rule.passing == 0 {
                rule.left -= 1;
                return Some(rule.fault);
            }
            rule.passing -= 1;
        }
        None
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
