//! What the original's Job made, in part.

use std::marker::PhantomData;

use testbed::{
    Calls, Kubernetes, Process, material,
    suite::{Scene, States, Story},
};

use crate::CtLog;

/// Secrets of the original's Job.
trait Recorded {
    const NAME: &str;
    const PRIVATE: &str;
    const PUBLIC: &str;
}

struct Ecdsa;
struct Rsa;

impl Recorded for Ecdsa {
    const NAME: &str = "createctconfig, after the original's";
    const PRIVATE: &str = "ctlog-secret";
    const PUBLIC: &str = "ctlog-public-key";
}

impl Recorded for Rsa {
    const NAME: &str = "createctconfig, after the original's with an RSA key";
    const PRIVATE: &str = "ctlog-rsa";
    const PUBLIC: &str = "ctlog-rsa-public";
}

struct After<R>(CtLog, PhantomData<R>);

impl<R: Recorded> Scene for After<R> {
    fn set() -> Self {
        let ctlog = CtLog::set();
        ctlog.publish_tree(TREE_ID);
        Self(ctlog, PhantomData)
    }

    fn kubernetes(&self) -> &Kubernetes {
        self.0.kubernetes()
    }

    fn job(&self) -> Process<'_> {
        self.0.job_after_the_original()
    }

    fn servers(&self) -> Vec<(&'static str, &Calls)> {
        self.0.servers()
    }
}

impl<R: Recorded> Story for After<R> {
    const NAME: &str = R::NAME;

    fn verify(&self) {
        self.0.verify_for(TREE_ID.parse().unwrap());
    }
}

impl<R: Recorded> States for After<R> {
    const KEYS: &[&str] = CtLog::KEYS;

    fn whole(&self) {
        for (name, recorded) in [
            ("ctlog-secret", R::PRIVATE),
            ("ctlog-public-key", R::PUBLIC),
        ] {
            let entries = material::original(recorded);
            self.kubernetes().set_secret("ctlog-system", name, &entries);
        }
    }
}

const TREE_ID: &str = "4205681293847561234";

mod ecdsa {
    testbed::states_tests!(super::After<super::Ecdsa>);
}

mod rsa {
    testbed::states_tests!(super::After<super::Rsa>);
}
