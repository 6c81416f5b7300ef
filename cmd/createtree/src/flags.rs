//! The flags.

use std::time::Duration;

use clap::{ArgAction, CommandFactory as _, Parser, error::ErrorKind};
use contract::REKOR_CONFIG;
use trillian::{DESCRIPTION_LENGTH, DISPLAY_NAME_LENGTH, Log, State, Target, TreeId};

#[derive(Parser)]
#[command(version, about)]
pub(crate) struct Args {
    /// Namespace of the ConfigMap
    #[arg(
        long,
        env = "NAMESPACE",
        default_value = REKOR_CONFIG.namespace,
        value_parser = job::name
    )]
    pub(crate) namespace: String,

    /// ConfigMap to publish the tree ID in
    #[arg(long, default_value = REKOR_CONFIG.name, value_parser = job::name)]
    pub(crate) configmap: String,

    /// ConfigMap that says where clients reach Rekor: its host is published beside the tree ID
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub(crate) addresses: Option<job::Reference>,

    /// Publish another host than the one that is published
    #[arg(long)]
    pub(crate) accept_changes: bool,

    /// Trillian log server (host:port or dns:///host:port)
    #[arg(
        long = "admin_server",
        default_value = "log-server.trillian-system.svc:80"
    )]
    pub(crate) admin_server: Target,

    /// File with the certificates to trust in TLS with Trillian (PEM); without it there is no TLS
    #[arg(
        long = "tls_cert_file",
        value_name = "FILE",
        default_value = "",
        hide_default_value = true,
        value_parser = tls::trusted
    )]
    roots: String,

    /// Publish this tree, instead of one to be found or created
    #[arg(long = "tree_id", value_parser = clap::value_parser!(TreeId).range(1..))]
    pub(crate) tree_id: Option<TreeId>,

    /// Display name of a new tree, at most 20 characters
    #[arg(
        long = "display_name",
        default_value = "",
        hide_default_value = true,
        value_parser = display_name
    )]
    display_name: String,

    /// Description of a new tree; the mark that tells whose it is follows it
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,

    /// Longest time between two signed roots of a new tree, such as 1h30m; 0 is no limit
    #[arg(
        long = "max_root_duration",
        value_name = "DURATION",
        default_value = "1h",
        value_parser = humantime::parse_duration
    )]
    max_root_duration: Duration,

    /// Put the tree that is published, or that --tree_id names, into this state: ACTIVE, DRAINING
    /// or FROZEN. A new one is ACTIVE
    #[arg(long = "tree_state")]
    pub(crate) tree_state: Option<State>,

    /// Type of a new tree
    #[arg(long = "tree_type", default_value = "LOG", value_parser = ["LOG"])]
    _tree_type: String,

    /// Only false: a published tree is never replaced, and --tree_id publishes a given one
    #[arg(
        long = "force",
        action = ArgAction::Set,
        default_value = "false",
        value_parser = not_forced
    )]
    _force: bool,

    #[command(flatten)]
    pub(crate) job: job::Options,
}

impl Args {
    /// The process's flags. Wrong ones end it here.
    pub(crate) fn parsed() -> Self {
        let args: Self = job::parse();
        // The identity is known later, when the namespace's UID was read, but its length already
        // is.
        let identity = format!("{}/{}", "x".repeat(UID_LENGTH), args.configmap);
        let length = args.log(&identity).description().chars().count();
        if length > DESCRIPTION_LENGTH {
            let excess = length - DESCRIPTION_LENGTH;
            let text = format!("--description is {excess} characters too long (its mark included)");
            Self::command()
                .error(ErrorKind::ValueValidation, text)
                .exit();
        }
        args
    }

    /// The log that carries `identity`.
    pub(crate) fn log(&self, identity: &str) -> Log {
        Log {
            identity: identity.to_owned(),
            display_name: self.display_name.clone(),
            text: self.description.clone(),
            max_root_duration: self.max_root_duration,
        }
    }

    /// The root certificates to trust, in PEM.
    pub(crate) fn roots(&self) -> Option<&str> {
        Some(self.roots.as_str()).filter(|roots| !roots.is_empty())
    }
}

fn display_name(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0..=DISPLAY_NAME_LENGTH => Ok(text.to_owned()),
        length => Err(format!("it has {length} characters, and Trillian keeps 20")),
    }
}

fn not_forced(text: &str) -> Result<bool, &'static str> {
    match job::boolean(text)? {
        true => Err("a published tree is never replaced; --tree_id publishes one of your choice"),
        false => Ok(false),
    }
}

/// The characters of an object's UID.
const UID_LENGTH: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(flags: &[&str]) -> Result<Args, clap::Error> {
        let flags = std::iter::once("createtree").chain(flags.iter().copied());
        job::parse_from(flags.map(Into::into))
    }

    /// What is wrong with the flags.
    fn wrong(flags: &[&str]) -> String {
        let error = parsed(flags).err().unwrap();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    }

    #[test]
    fn the_command_line_of_the_go_job_works() {
        let args = parsed(&[
            "-namespace=ctlog-system",
            "--configmap=ctlog-config",
            "--display_name=ctlogtree",
            "--admin_server=log-server.trillian-system.svc:80",
            "-tree_state=ACTIVE",
            "-tree_type",
            "LOG",
            "--max_root_duration=1h0m0s",
            "--tls_cert_file=",
            "--force=false",
        ])
        .unwrap();
        assert_eq!(args.max_root_duration, Duration::from_secs(3600));
        assert_eq!(args.roots(), None);
    }

    #[test]
    fn a_wrong_value_names_its_flag() {
        for flag in [
            "--configmap=a/b",
            "--tree_id=0",
            "--tree_id=x",
            "--tree_state=MOLTEN",
            "--tree_state=frozen",
            "--tree_type=PREORDERED_LOG",
            "--display_name=twenty-one-characters",
            "--admin_server=http://log-server",
            "--max_root_duration=1 fortnight",
            "--tls_cert_file=/dev/null",
            "--tls_cert_file=/not/there",
            "--addresses=addresses",
            "--addresses=$(NAMESPACE)/addresses",
            "--force=perhaps",
        ] {
            let name = flag.split('=').next().unwrap();
            assert!(wrong(&[flag]).contains(name), "{}", wrong(&[flag]));
        }
    }

    #[test]
    fn force_is_refused_with_the_way_out() {
        for force in ["--force", "-force", "--force=true", "--force=1"] {
            let text = wrong(&[force]);
            assert!(
                text.contains("--force") && text.contains("--tree_id"),
                "{text}"
            );
        }
        assert!(parsed(&["--force=False"]).is_ok());
    }
}
