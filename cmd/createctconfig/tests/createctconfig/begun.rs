//! Secrets with a key pair and nothing else: an earlier version published that before the rest.

use testbed::{
    Calls, Entries, Kubernetes, Process, material,
    suite::{Scene, Story},
};

use crate::CtLog;

struct Begun(CtLog);

impl Scene for Begun {
    fn set() -> Self {
        let ctlog = CtLog::set();
        let key = material::key();
        let public = Entries::from([("public".into(), key.public_key().to_pem().into())]);
        let mut private = public.clone();
        private.insert("private".into(), key.to_legacy_pem(b"a password").into());
        private.insert("password".into(), b"a password".to_vec());
        for (name, entries) in [("ctlog-secret", private), ("ctlog-public-key", public)] {
            ctlog.kubernetes.set_secret("ctlog-system", name, &entries);
        }
        Self(ctlog)
    }

    fn kubernetes(&self) -> &Kubernetes {
        self.0.kubernetes()
    }

    fn job(&self) -> Process<'_> {
        self.0.job()
    }

    fn servers(&self) -> Vec<(&'static str, &Calls)> {
        self.0.servers()
    }
}

impl Story for Begun {
    const NAME: &str = "createctconfig, once begun";

    fn verify(&self) {
        self.0.verify();
    }
}

testbed::job_tests!(Begun: eight_at_once_end_as_one, no_gate_opens_half);
testbed::story_tests!(Begun);
