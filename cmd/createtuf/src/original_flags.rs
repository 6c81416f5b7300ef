//! Flags of the original's `tuf createsecret` and `tuf server` that have one value here, or none.

/// Each is refused with a reason, unless it asks for what happens anyway.
#[derive(clap::Args)]
pub(crate) struct OriginalFlags {
    #[arg(long, hide = true, value_parser = trusted_root)]
    trusted_root: Option<bool>,

    #[arg(long, hide = true, value_parser = mode)]
    mode: Option<String>,

    #[arg(long, hide = true, value_parser = secret_name)]
    secret_name: Option<String>,

    #[arg(long, hide = true, value_parser = target_dir)]
    target_dir: Option<String>,

    #[arg(long, hide = true, value_parser = no_k8s)]
    no_k8s: Option<bool>,
}

fn trusted_root(text: &str) -> Result<bool, &'static str> {
    must_be(
        text,
        true,
        "every client since cosign 2.5.1 reads it, and it records what was trusted before",
    )
}

fn no_k8s(text: &str) -> Result<bool, &'static str> {
    must_be(
        text,
        false,
        "keys and repository are in Kubernetes' Secrets; cargo standup shows the whole stack \
         without it",
    )
}

fn must_be(text: &str, value: bool, reason: &'static str) -> Result<bool, &'static str> {
    match job::boolean(text)? == value {
        true => Ok(value),
        false => Err(reason),
    }
}

fn mode(text: &str) -> Result<String, &'static str> {
    match text {
        "init-no-overwrite" => Ok(text.into()),
        "init" => Err(
            "a repository that exists is never made anew, since that breaks every client: leave \
             the flag out, or delete the Secrets to start a new trust",
        ),
        "serve" | "init-and-serve" => Err("tufserver serves the repository"),
        _ => Err("only init-no-overwrite is known here"),
    }
}

fn secret_name(_: &str) -> Result<String, &'static str> {
    Err("the inputs are read where copysecrets puts them, without a Secret in between")
}

fn target_dir(_: &str) -> Result<String, &'static str> {
    Err("the repository goes to the Secret of --rootsecret")
}
