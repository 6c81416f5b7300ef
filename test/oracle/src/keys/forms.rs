//! What happens to the lines of a PEM file on its way.

use base64ct::{Base64, Encoding as _};

/// A file in all forms. `other` is a block that gets beside it.
pub(crate) fn all(file: &[u8], other: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(file).into_owned();
    let mut forms = around(&text, &String::from_utf8_lossy(other));
    forms.extend(cut(&text));
    forms.extend(lines(&text));
    forms.extend(within(&text));
    forms.extend(nothing());
    let mut forms: Vec<_> = forms
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.into_bytes()))
        .collect();
    let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes);
    let utf16 = [0xff, 0xfe].into_iter().chain(utf16).collect();
    forms.push(("utf16".into(), utf16));
    let latin1 = [b"M\xfcller\n", text.as_bytes()].concat();
    forms.push(("latin1-before".into(), latin1));
    forms
}

type Forms = Vec<(&'static str, String)>;

/// Something stands before or behind it.
fn around(text: &str, other: &str) -> Forms {
    let attributes = "Bag Attributes\n    friendlyName: a\nKey Attributes: <No Attributes>\n";
    let half = &text[..text.len() / 2];
    vec![
        ("bom", format!("\u{feff}{text}")),
        ("empty-line-before", format!("\n{text}")),
        ("many-empty-lines-before", format!("\n\n \n{text}")),
        ("text-before", format!("a key\n{text}")),
        ("attributes-before", format!("{attributes}{text}")),
        ("text-before-on-its-line", format!("key: {text}")),
        ("blank-before", format!(" {text}")),
        ("text-behind", format!("{text}a key\n")),
        ("empty-lines-behind", format!("{text}\n\n")),
        ("blanks-behind", format!("{text}  \t ")),
        ("nul-behind", format!("{text}\0")),
        ("twice", format!("{text}{text}")),
        ("certificate-before", format!("{other}{text}")),
        ("certificate-behind", format!("{text}{other}")),
        ("half-a-block-before", format!("{half}\n{text}")),
        ("double-quotes", format!("\"{text}\"")),
        ("single-quotes", format!("'{}'", text.trim_end())),
    ]
}

/// A part of it is missing, or another than it was.
fn cut(text: &str) -> Forms {
    let end = text.lines().last().unwrap_or_default();
    let half_an_end = text.trim_end().trim_end_matches("---").to_owned() + "\n";
    let lower_case = text.replace("BEGIN", "begin").replace("END", "end");
    vec![
        ("no-line-end", text.trim_end().to_owned()),
        ("no-end", text.replace(&format!("{end}\n"), "")),
        ("half-an-end", half_an_end),
        ("another-end", text.replace("-----END ", "-----END X ")),
        ("half", text[..text.len() / 2].to_owned()),
        ("lower-case-marks", lower_case),
        ("four-hyphens", text.replace("-----", "----")),
        ("base64-of-it", Base64::encode_string(text.as_bytes())),
    ]
}

/// Its lines are others.
fn lines(text: &str) -> Forms {
    let lines: Vec<&str> = text.lines().collect();
    let each = |edit: &dyn Fn(&str) -> String| -> String {
        lines.iter().map(|line| edit(line) + "\n").collect()
    };
    let body_indented = |line: &str| match line.starts_with("--") {
        true => line.to_owned(),
        false => format!("  {line}"),
    };
    vec![
        ("crlf", text.replace('\n', "\r\n")),
        ("cr", text.replace('\n', "\r")),
        ("indented", each(&|line| format!("  {line}"))),
        ("indented-but-the-first", lines.join("\n    ") + "\n"),
        ("tabs", each(&|line| format!("\t{line}"))),
        ("body-indented", each(&body_indented)),
        ("blanks-at-line-ends", each(&|line| format!("{line}  "))),
        ("empty-lines-between", each(&|line| format!("{line}\n"))),
        ("folded", lines.join(" ") + "\n"),
        ("joined", lines.concat()),
        ("escaped-line-ends", lines.join("\\n")),
    ]
}

/// Something else is between its first line and its last.
fn within(text: &str) -> Forms {
    let (first, body) = text.split_once('\n').unwrap_or_default();
    let changed = body.replacen(char::is_alphanumeric, "", 1);
    let mut forms = vec![
        ("changed", format!("{first}\n{changed}")),
        ("exclamation", format!("{first}\n!{body}")),
        ("equals-sign-within", format!("{first}\n={body}")),
    ];
    if !text.contains("Proc-Type") {
        let lines: Vec<&str> = text.lines().collect();
        let end = lines.last().copied().unwrap_or_default();
        let one_line: String = lines[1..lines.len() - 1].concat();
        let header = "Comment: mine";
        forms.push(("long-line", format!("{first}\n{one_line}\n{end}\n")));
        forms.push(("header", format!("{first}\n{header}\n\n{body}")));
        let header = format!("{first}\n{header}\n{body}");
        forms.push(("header-without-empty-line", header));
        forms.push(("empty-line-first", format!("{first}\n\n{body}")));
    }
    forms
}

fn nothing() -> Forms {
    [
        ("empty", ""),
        ("blank", " \n"),
        ("no-pem", "not a key"),
        ("template", "${PRIVATE_KEY}"),
    ]
    .map(|(name, text)| (name, text.to_owned()))
    .into()
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
