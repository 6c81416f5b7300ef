//! The keys that `docs/own-keys.md` has people make, made as it says.

use std::{fs, process::Command};

use tempfile::TempDir;

use crate::Entries;

/// The entries of the Secret that the commands below `heading` create.
///
/// # Panics
///
/// When they fail, or create no such Secret.
pub fn own_secret(heading: &str, secret: &str) -> Entries {
    let block = |above| docs::block("docs/own-keys.md", above).expect("it is there");
    let script = [
        KUBECTL.to_owned(),
        block("## Before the first apply"),
        block(heading),
    ];
    let folder = TempDir::new().expect("there is a folder for such");
    fs::create_dir(folder.path().join("config")).expect("the folder is empty");
    fs::write(folder.path().join("config/700-ctlog.yaml"), "").expect("it isn't there");
    let bash = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script.join("\n")])
        .current_dir(&folder)
        .output()
        .expect("there is bash");
    let said = String::from_utf8_lossy(&bash.stderr);
    assert!(bash.status.success(), "{heading}: {said}");
    let files = fs::read_dir(folder.path().join("secrets").join(secret));
    let files = files.unwrap_or_else(|_| panic!("{heading} creates no {secret}: {said}"));
    let entry = |file: fs::DirEntry| {
        let name = file.file_name().to_string_lossy().into_owned();
        (name, fs::read(file.path()).expect("it can be read"))
    };
    files
        .map(|file| entry(file.expect("it can be read")))
        .collect()
}

/// Writes the entries of a Secret that is to be created into a folder of its name.
const KUBECTL: &str = r#"
kubectl() {
  [[ "$*" == *" create secret generic "* ]] || return 0
  mkdir -p "secrets/$6"
  for file in "${@:7}"; do
    file=${file#--from-file=}
    cp "${file#*=}" "secrets/$6/${file%%=*}"
  done
}"#;
