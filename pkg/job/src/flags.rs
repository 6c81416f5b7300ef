//! Flags as Go's `flag` package reads them, over clap.

use std::ffi::OsString;

use clap::Parser;

/// The process's arguments as `A`. Wrong ones, and `--help`, end the process here.
pub fn parse<A: Parser>() -> A {
    parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
}

/// `arguments`, the first of which is the program's name, as `A`.
///
/// # Errors
///
/// clap's, for what it doesn't know or can't read; its exit code is 2.
pub fn parse_from<A: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<A, clap::Error> {
    let command = A::command();
    let dashed =
        |argument: OsString| match argument.to_str().and_then(|text| text.strip_prefix('-')) {
            Some(rest) if command.get_arguments().any(|flag| names(flag, rest)) => {
                OsString::from(format!("--{rest}"))
            }
            _ => argument,
        };
    A::try_parse_from(arguments.into_iter().map(dashed))
}

/// Whether `text` is the long name of `flag`, with or without a value.
fn names(flag: &clap::Arg, text: &str) -> bool {
    flag.get_long() == Some(text.split_once('=').map_or(text, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Parser)]
    struct Args {
        #[arg(long = "admin_server", default_value = "")]
        admin_server: String,
        #[arg(short, default_value_t = 0)]
        verbosity: u8,
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
    fn an_unknown_flag_is_named_and_ends_with_code_2() {
        let error = parsed(&["-admin"]).err().unwrap();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("'-a'"), "{error}");
    }
}
