//! The runtime of a Job: options, logging, the retry loop, its deadline, signals and the exit code.
