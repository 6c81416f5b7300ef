//! The key of a log, and what tells one with tiles from another: the origin beside it.

use addresses::Urls;
use keys::PublicKey;
use refusal::Refusal;
use trust::{TileLog, TileLogError};

use crate::parts::Input;

/// What messages call the logs of one service.
pub(crate) struct Logs {
    /// One without tiles.
    plain: &'static str,
    plain_flag: &'static str,
    /// One with tiles.
    tiles: &'static str,
    tiles_flag: &'static str,
}

pub(crate) const REKOR: Logs = Logs {
    plain: "a Rekor v1",
    plain_flag: "--rekor-secret",
    tiles: "a Rekor v2",
    tiles_flag: "--rekor-tiles-secret",
};
pub(crate) const CTLOG: Logs = Logs {
    plain: "a CT log without tiles",
    plain_flag: "--ctlog-secret",
    tiles: "a CT log with tiles",
    tiles_flag: "--ctlog-tiles-secret",
};

/// Makes a log of a key, an origin and the URLs that are given.
type Make = fn(PublicKey, &str, &[String]) -> Result<TileLog, TileLogError>;

impl Input {
    /// The key of a log without tiles.
    pub(crate) fn plain_log(&self, logs: &Logs) -> Result<PublicKey, Refusal> {
        match &self.origin {
            None => self.key(),
            Some((origin, _)) => Err(Refusal::new(
                origin,
                format!("makes it the key of {}, not of {}", logs.tiles, logs.plain),
                match self.is_file() {
                    true => "put tiles into the names of both, or remove the origin".into(),
                    false => format!("name its Secret in {}", logs.tiles_flag),
                },
            )),
        }
    }

    /// The log with tiles, at one of these URLs.
    pub(crate) fn tile_log(
        &self,
        logs: &Logs,
        make: Make,
        places: &Urls,
    ) -> Result<TileLog, Refusal> {
        let Some((object, origin)) = &self.origin else {
            return Err(Refusal::new(
                &self.object,
                format!(
                    "has no origin beside it, so it is the key of {}, not of {}",
                    logs.plain, logs.tiles
                ),
                match self.is_file() {
                    true => "put that into TARGET.origin, or leave tiles out of its name".into(),
                    false => format!("name its Secret in {}", logs.plain_flag),
                },
            ));
        };
        let key = self.key()?;
        let origin = String::from_utf8_lossy(origin);
        // An editor ends a file with a newline; a Secret's entry goes to the server as it is.
        let origin = match self.is_file() {
            true => origin.trim_end_matches('\n'),
            false => &origin,
        };
        let Urls { object: said, urls } = places;
        make(key, origin, urls).map_err(|error| match error {
            TileLogError::Origin(problem) => Refusal::new(
                object,
                problem,
                "put the name there that the log has in its checkpoints",
            ),
            TileLogError::Url => Refusal::new(
                object,
                format!("is {origin:?}, and {said} has no URL of that"),
                format!("give it there: clients find the log's name in its URL ({urls:?})"),
            ),
            other => Refusal::new(
                &self.object,
                format!("can't be the key of {} ({other})", logs.tiles),
                "put the right one there",
            ),
        })
    }

    fn is_file(&self) -> bool {
        self.object.namespace().is_none()
    }
}
