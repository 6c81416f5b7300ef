//! Other programs.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

/// What `openssl` writes. Its arguments are separated by blanks, in which `_` stands for a blank.
pub(crate) fn openssl(args: &str, input: &[u8]) -> Vec<u8> {
    let args = args.split(' ').map(|arg| match arg.starts_with("pass:") {
        true => arg.replace('_', " "),
        false => arg.into(),
    });
    let mut child = Command::new("openssl")
        .args(args.collect::<Vec<_>>())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// As [`openssl`], for what is text.
pub(crate) fn openssl_text(args: &str, input: &[u8]) -> String {
    String::from_utf8(openssl(args, input)).unwrap()
}

/// A file after a command that names it `FILE`, and asks for the passwords.
pub(crate) fn mended(command: &str, file: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("FILE");
    fs::write(&path, file).unwrap();
    let passwords = match command.contains("topk8") {
        true => " -passin 'pass:correct horse' -passout 'pass:correct horse'",
        false => "",
    };
    let output = Command::new("sh")
        .args(["-euc", &format!("{command}{passwords}")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    match command.contains(" -i ") {
        true => fs::read(&path).unwrap(),
        false => output.stdout,
    }
}
