//! A log with tiles over HTTP: its files, as `tileserver` serves them, and the first entry of a
//! Rekor v2.
//!
//! ```no_run
//! # async fn example() -> Result<(), scaffolding_tilelog::Error> {
//! use scaffolding_tilelog::Server;
//!
//! let tiles = Server::new("http://tiles.rekor-tiles-system.svc".parse().expect("a URL"))?;
//! if let Some(checkpoint) = tiles.get("checkpoint").await? {
//!     println!("{}", String::from_utf8_lossy(&checkpoint));
//! }
//! # Ok(())
//! # }
//! ```

mod first;
mod server;

pub use first::{Answer, first_entry};
pub use reqwest::Url;
pub use server::{Error, Server};
