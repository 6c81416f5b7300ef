//! What Prometheus reads of the traffic.

use hyper::{Method, Request, Response, body::Body};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// The traffic, and what else a program registers beside it.
pub struct Traffic {
    registry: Registry,
    requests: Family<Status, Counter>,
    bytes: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: u16,
}

impl Traffic {
    /// No traffic yet. The names of all metrics begin with that of `program`.
    pub fn new(program: &'static str) -> Self {
        let mut registry = Registry::with_prefix(program);
        let (requests, bytes) = (Family::default(), Counter::default());
        registry.register("requests", "Requests of clients", requests.clone());
        registry.register("sent_bytes", "Bytes of files sent", bytes.clone());
        Self {
            registry,
            requests,
            bytes,
        }
    }

    /// Where a program registers its own.
    pub fn registry(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// Counts what a client is sent.
    pub fn count<B>(&self, request: &Request<B>, answer: &Response<impl Body>) {
        let status = answer.status().as_u16();
        self.requests.get_or_create(&Status { status }).inc();
        if request.method() != Method::HEAD {
            self.bytes
                .inc_by(answer.body().size_hint().exact().unwrap_or_default());
        }
    }

    /// All of it, in OpenMetrics' text format.
    ///
    /// # Panics
    ///
    /// Never: memory takes what is written to it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.registry).expect("memory takes what is written to it");
        text
    }
}
