//! The binary against the embedded Kubernetes API.

use testbed::{
    Kubernetes, Process,
    suite::{Pair, Scene},
};

struct Rekor(Kubernetes);

impl Scene for Rekor {
    fn set() -> Self {
        Self(Kubernetes::start())
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.0
    }

    fn job(&self) -> Process<'_> {
        let binary = env!("CARGO_BIN_EXE_createsecret");
        self.0.job("rekor-system", "createsecret", binary)
    }
}

impl Pair for Rekor {
    const NAMESPACE: &str = "rekor-system";
    const PRIVATE: &str = "rekor-signing-secret";
    const PRIVATE_KEYS: &[&str] = &["signing-secret", "signing-secret-password"];
    const PUBLIC: &str = "rekor-pub-key";
    const PUBLIC_KEYS: &[&str] = &["public"];
}

testbed::job_tests!(Rekor);
testbed::pair_tests!(Rekor);
