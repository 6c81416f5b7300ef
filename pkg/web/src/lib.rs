//! What the programs that serve files over HTTP have in common: two ports, one thread for each
//! core, a calm end, the cluster's probes, and what Prometheus reads of the traffic.
//!
//! ```no_run
//! use clap::Parser;
//! use scaffolding_web as web;
//!
//! #[derive(Parser)]
//! struct Args {
//!     #[command(flatten)]
//!     ports: web::Ports,
//! }
//!
//! # fn example() -> anyhow::Result<()> {
//! let listening = Args::parse().ports.listen()?;
//! let to_client = |_: &_| web::plain(hyper::StatusCode::OK, "hello\n");
//! let to_cluster = |request: &_| web::to_cluster(request, Ok(()), || "# EOF\n".into());
//! listening.serve(to_client, to_cluster)
//! # }
//! ```

mod answers;
mod connections;
mod ports;
mod traffic;
mod workers;

pub use answers::{Answer, method_not_allowed, plain, to_cluster};
pub use connections::Serves;
pub use ports::{Listening, Ports};
pub use traffic::Traffic;
