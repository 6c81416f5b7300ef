//! What happens to the lines of a PEM file on its way.

use base64ct::{Base64, Encoding as _};

/// A file in all forms. `other` is a block that gets beside it.
pub(crate) fn all(file: &[u8], other: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(file).into_owned();
    let other = String::from_utf8_lossy(other).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let each = |edit: &dyn Fn(&str) -> String| {
        lines
            .iter()
            .map(|line| edit(line) + "\n")
            .collect::<String>()
    };
    let end = lines.last().copied().unwrap_or_default();
    let (first, body) = text.split_once('\n').unwrap_or_default();
    let at_half = text.len() / 2;
    let mut forms = vec![
        ("crlf", text.replace('\n', "\r\n")),
        ("cr", text.replace('\n', "\r")),
        ("bom", format!("\u{feff}{text}")),
        ("empty-line-before", format!("\n{text}")),
        ("many-empty-lines-before", format!("\n\n \n{text}")),
        ("text-before", format!("a key\n{text}")),
        (
            "attributes-before",
            format!("Bag Attributes\n    friendlyName: a\nKey Attributes: <No Attributes>\n{text}"),
        ),
        ("text-before-on-its-line", format!("key: {text}")),
        ("blank-before", format!(" {text}")),
        ("text-behind", format!("{text}a key\n")),
        ("empty-lines-behind", format!("{text}\n\n")),
        ("blanks-behind", format!("{text}  \t ")),
        ("nul-behind", format!("{text}\0")),
        ("no-line-end", text.trim_end().to_owned()),
        ("no-end", text.replace(&format!("{end}\n"), "")),
        (
            "half-an-end",
            text.trim_end().trim_end_matches("---").to_owned() + "\n",
        ),
        ("another-end", text.replace("-----END ", "-----END X ")),
        ("half", text[..at_half].to_owned()),
        ("twice", format!("{text}{text}")),
        ("certificate-before", format!("{other}{text}")),
        ("certificate-behind", format!("{text}{other}")),
        (
            "half-a-block-before",
            format!("{}\n{text}", &text[..at_half]),
        ),
        ("indented", each(&|line| format!("  {line}"))),
        ("indented-but-the-first", lines.join("\n    ") + "\n"),
        ("tabs", each(&|line| format!("\t{line}"))),
        (
            "body-indented",
            each(&|line| {
                if line.starts_with("--") {
                    line.into()
                } else {
                    format!("  {line}")
                }
            }),
        ),
        ("blanks-at-line-ends", each(&|line| format!("{line}  "))),
        ("empty-lines-between", each(&|line| format!("{line}\n"))),
        ("folded", lines.join(" ") + "\n"),
        ("joined", lines.concat()),
        ("escaped-line-ends", lines.join("\\n")),
        ("double-quotes", format!("\"{text}\"")),
        ("single-quotes", format!("'{}'", text.trim_end())),
        (
            "lower-case-marks",
            text.replace("BEGIN", "begin").replace("END", "end"),
        ),
        ("four-hyphens", text.replace("-----", "----")),
        ("base64-of-it", Base64::encode_string(text.as_bytes())),
        (
            "changed",
            format!("{first}\n{}", body.replacen(char::is_alphanumeric, "", 1)),
        ),
        ("exclamation", format!("{first}\n!{body}")),
        ("equals-sign-within", format!("{first}\n={body}")),
        ("empty", String::new()),
        ("blank", " \n".to_owned()),
        ("no-pem", "not a key".to_owned()),
        ("template", "${PRIVATE_KEY}".to_owned()),
    ];
    if !text.contains("Proc-Type") {
        let one_line: String = lines[1..lines.len() - 1].concat();
        forms.push(("long-line", format!("{first}\n{one_line}\n{end}\n")));
        forms.push(("header", format!("{first}\nComment: mine\n\n{body}")));
        forms.push((
            "header-without-empty-line",
            format!("{first}\nComment: mine\n{body}"),
        ));
        forms.push(("empty-line-first", format!("{first}\n\n{body}")));
    }
    let mut forms: Vec<_> = forms
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.into_bytes()))
        .collect();
    let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes);
    forms.push((
        "utf16".into(),
        [0xff, 0xfe].into_iter().chain(utf16).collect(),
    ));
    forms.push((
        "latin1-before".into(),
        [b"M\xfcller\n", text.as_bytes()].concat(),
    ));
    forms
}

/// A file with the headers of RFC 1421, with these spoilt.
pub(crate) fn headers(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(file).into_owned();
    let proc_type = "Proc-Type: 4,ENCRYPTED\n";
    let info = text
        .lines()
        .find(|line| line.starts_with("DEK-Info"))
        .unwrap_or_default();
    let iv = info.split(',').next_back().unwrap_or_default();
    let forms = [
        ("as-it-is", text.clone()),
        ("headers-crlf", text.replace('\n', "\r\n")),
        (
            "headers-swapped",
            text.replace(
                &format!("{proc_type}{info}\n"),
                &format!("{info}\n{proc_type}"),
            ),
        ),
        ("lower-case-vector", text.replace(iv, &iv.to_lowercase())),
        (
            "lower-case-cipher",
            text.replace("AES-256-CBC", "aes-256-cbc"),
        ),
        (
            "lower-case-headers",
            text.replace("Proc-Type", "proc-type")
                .replace("DEK-Info", "dek-info"),
        ),
        ("short-vector", text.replace(iv, &iv[..16])),
        ("no-vector", text.replace(&format!(",{iv}"), "")),
        ("no-info", text.replace(&format!("{info}\n"), "")),
        ("no-type", text.replace(proc_type, "")),
        ("another-type", text.replace("4,ENCRYPTED", "4,MIC-ONLY")),
        (
            "type-with-a-blank",
            text.replace("4,ENCRYPTED", "4, ENCRYPTED"),
        ),
        ("no-empty-line", text.replace("\n\n", "\n")),
        (
            "blanks-in-headers",
            text.replace(": ", ":   ")
                .replace(&format!("{iv}\n"), &format!("{iv}  \n")),
        ),
        ("no-blanks-in-headers", text.replace(": ", ":")),
        ("blank-empty-line", text.replace("\n\n", "\n  \n")),
        (
            "another-header",
            text.replace(proc_type, &format!("{proc_type}Comment: mine\n")),
        ),
        ("unknown-cipher", text.replace("AES-256-CBC", "RC4")),
        ("another-cipher", text.replace("AES-256-CBC", "AES-128-CBC")),
    ];
    forms
        .map(|(name, text)| (name.to_owned(), text.into_bytes()))
        .into()
}
