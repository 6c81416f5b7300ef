//! Flags as Go's `flag` package reads them, over clap, and the values that several Jobs take.

use std::{ffi::OsString, fs, time::Duration};

use clap::{Arg, ArgAction, ArgMatches, Parser};

use crate::log::{self, Format};

/// Options of the log, which every program takes.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct LogOptions {
    /// How the log is written
    #[arg(long, value_enum, default_value_t)]
    log_format: Format,
}

/// Reads the process's arguments and starts the log as they say. Wrong ones, and `--help`, end the
/// process here.
pub fn parse<A: Parser>() -> A {
    let parsed = matches::<A>(std::env::args_os()).and_then(|matches| {
        let format = matches.try_get_one::<Format>("log_format").ok().flatten();
        log::start(A::command().get_name(), format.copied().unwrap_or_default());
        A::from_arg_matches(&matches)
    });
    parsed.unwrap_or_else(|error| error.exit())
}

/// Reads `arguments`, the first of which is the program's name.
///
/// A flag may have one dash or two, and a boolean one a value or none. When a flag is given twice,
/// the last one counts, unless it takes a list.
///
/// # Errors
///
/// clap's, for what it doesn't know or can't read; its exit code is 2.
pub fn parse_from<A: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<A, clap::Error> {
    A::from_arg_matches(&matches::<A>(arguments)?)
}

fn matches<A: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<ArgMatches, clap::Error> {
    let command = A::command().mut_args(|flag| match flag.get_action() {
        ArgAction::Append => flag,
        _ => {
            let itself = flag.get_id().clone();
            with_optional_value(flag).overrides_with(itself)
        }
    });
    let dashed =
        |argument: OsString| match argument.to_str().and_then(|text| text.strip_prefix('-')) {
            Some(rest) if command.get_arguments().any(|flag| is_named(flag, rest)) => {
                OsString::from(format!("--{rest}"))
            }
            _ => argument,
        };
    let arguments: Vec<_> = arguments.into_iter().map(dashed).collect();
    command.try_get_matches_from(arguments)
}

/// Lets a boolean flag be written as `--flag`, `--flag=true` or `--flag=false`; leaves other flags
/// as they are. Its value is read by [`boolean`], unless the flag has a function of its own for
/// that.
fn with_optional_value(flag: Arg) -> Arg {
    if flag.get_value_parser().type_id() != clap::value_parser!(bool).type_id() {
        return flag;
    }
    let flag = match flag.get_action() {
        ArgAction::SetTrue => {
            let flag = flag.action(ArgAction::Set).value_parser(boolean);
            match flag.get_default_values() {
                [] => flag.default_value("false").hide_default_value(true),
                _ => flag,
            }
        }
        ArgAction::Set => flag,
        _ => return flag,
    };
    flag.num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
}

/// The values of a boolean flag, as Go's `strconv.ParseBool` reads them.
///
/// # Errors
///
/// What it has to be instead.
pub fn boolean(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("it has to be true or false"),
    }
}

/// The name of a Kubernetes object or namespace (RFC 1123, a subdomain).
pub fn name(text: &str) -> Result<String, &'static str> {
    let is_end =
        |end: Option<char>| end.is_some_and(|end| end.is_ascii_lowercase() || end.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    match is_end(text.chars().next()) && is_end(text.chars().last()) && text.chars().all(inner) {
        true if text.len() <= 253 => Ok(text.into()),
        _ => Err(
            "a name has 1 to 253 lower-case letters, digits, '-' and '.', and begins and ends with a letter or digit",
        ),
    }
}

/// How long something is to be valid: an hour to a thousand years, such as `20y`, `180d` or
/// `8760h`.
pub fn lifetime(text: &str) -> Result<Duration, String> {
    let lifetime = humantime::parse_duration(text).map_err(|cause| cause.to_string())?;
    match (SHORTEST_LIFE..=LONGEST_LIFE).contains(&lifetime) {
        true => Ok(lifetime),
        false => Err(
            "it has to be at least an hour and at most 1000 years (m is a minute, M a month)"
                .into(),
        ),
    }
}

/// The password in a file, without the line feed at its end.
pub fn password_file(path: &str) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|cause| cause.to_string())?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err("the file is empty".into()),
        password => Ok(password.into()),
    }
}

/// Whether `text` is the long name of `flag`, with or without a value.
fn is_named(flag: &Arg, text: &str) -> bool {
    flag.get_long() == Some(text.split_once('=').map_or(text, |(name, _)| name))
}

const SHORTEST_LIFE: Duration = Duration::from_secs(3600);
const LONGEST_LIFE: Duration = Duration::from_secs(1000 * 366 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Parser)]
    struct Args {
        #[arg(long = "admin_server", default_value = "")]
        admin_server: String,
        #[arg(short, default_value_t = 0)]
        verbosity: u8,
        #[arg(long, value_delimiter = ',', num_args = 1..)]
        role: Vec<String>,
        #[arg(long)]
        renew: bool,
        #[arg(long, default_value_t = true)]
        metadata_targets: bool,
    }

    fn parsed(arguments: &[&str]) -> Result<Args, clap::Error> {
        parse_from(
            std::iter::once("job")
                .chain(arguments.iter().copied())
                .map(OsString::from),
        )
    }

    #[test]
    fn one_dash_is_as_good_as_two() {
        for form in [
            &["-admin_server=a:80"][..],
            &["--admin_server=a:80"],
            &["-admin_server", "a:80"],
        ] {
            assert_eq!(parsed(form).unwrap().admin_server, "a:80");
        }
        assert_eq!(parsed(&["-v7"]).unwrap().verbosity, 7);
    }

    #[test]
    fn a_boolean_takes_the_values_that_go_reads_and_none() {
        let renew = |arguments: &[&str]| parsed(arguments).map(|args| args.renew).ok();
        assert_eq!(renew(&[]), Some(false));
        for yes in [
            "-renew",
            "--renew",
            "--renew=true",
            "--renew=T",
            "--renew=1",
        ] {
            assert_eq!(renew(&[yes]), Some(true), "{yes}");
        }
        for no in ["--renew=false", "-renew=F", "--renew=0"] {
            assert_eq!(renew(&["--renew", no]), Some(false), "{no}");
        }
        assert_eq!(renew(&["--renew=yes"]), None);
        assert!(parsed(&[]).unwrap().metadata_targets);
        assert!(
            !parsed(&["--metadata-targets=false"])
                .unwrap()
                .metadata_targets
        );
    }

    #[test]
    fn the_last_of_two_counts() {
        let args = parsed(&["-admin_server=a:80", "--admin_server=b:80"]).unwrap();
        assert_eq!(args.admin_server, "b:80");
    }

    #[test]
    fn a_list_grows_with_each() {
        let args = parsed(&["-role=a,b", "--role", "c", "d"]).unwrap();
        assert_eq!(args.role, ["a", "b", "c", "d"]);
    }

    #[test]
    fn names_are_those_that_kubernetes_takes() {
        for name in ["a", "rekor-system", "a.b-c.0"] {
            assert_eq!(super::name(name), Ok(name.into()));
        }
        for name in ["", "-a", "a.", "A", "a/b", "a_b", &"a".repeat(254)] {
            assert!(super::name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_lifetime_of_minutes_is_taken_for_the_slip_that_it_is() {
        assert_eq!(lifetime("8760h"), Ok(Duration::from_secs(365 * 24 * 3600)));
        for slip in ["20m", "0", "0s", "9000y", "", "y"] {
            assert!(lifetime(slip).is_err(), "{slip}");
        }
    }

    #[test]
    fn an_unknown_flag_is_named_and_ends_with_code_2() {
        let error = parsed(&["-admin"]).err().unwrap();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("'-a'"), "{error}");
    }
}
