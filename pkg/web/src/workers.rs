//! One thread for each core. A connection stays with the thread that it is given to: an answer
//! takes microseconds, and to wake another thread up for it would take longer.

use std::{
    io,
    net::TcpStream,
    thread::{self, JoinHandle},
    time::Duration,
};

use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
    time::timeout,
};
use tracing::warn;

use crate::connections::{self, Serves};

/// All threads, and whose turn it is.
pub(crate) struct Workers {
    workers: Vec<Worker>,
    turn: usize,
}

struct Worker {
    connections: mpsc::UnboundedSender<TcpStream>,
    thread: JoinHandle<()>,
}

impl Workers {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// The system's, when it has no files left.
    pub(crate) fn start(answers: impl Serves) -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let worker = |_| Worker::start(answers.clone());
        Ok(Self {
            workers: (0..cores).map(worker).collect::<io::Result<_>>()?,
            turn: 0,
        })
    }

    /// Gives a connection to the thread whose turn it is.
    pub(crate) fn take(&mut self, connection: TcpStream) {
        self.turn = (self.turn + 1) % self.workers.len();
        // It can't fail: a thread ends only after its sender was dropped.
        let _ = self.workers[self.turn].connections.send(connection);
    }

    /// Waits until the answers that were begun are sent, and ends the threads.
    pub(crate) fn stop(self) {
        let threads: Vec<_> = self
            .workers
            .into_iter()
            .map(|worker| worker.thread)
            .collect();
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Worker {
    fn start(answers: impl Serves) -> io::Result<Self> {
        let (connections, mut given) = mpsc::unbounded_channel();
        let runtime = runtime()?;
        let work = async move {
            let served = GracefulShutdown::new();
            while let Some(connection) = given.recv().await {
                connections::serve(connection, &served, answers.clone());
            }
            if timeout(LAST_ANSWERS, served.shutdown()).await.is_err() {
                warn!("some clients didn't take their answers");
            }
        };
        Ok(Self {
            connections,
            thread: thread::spawn(move || runtime.block_on(work)),
        })
    }
}

/// A runtime that does everything on the thread that calls it.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// How long the last answers may take when the process is to end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
