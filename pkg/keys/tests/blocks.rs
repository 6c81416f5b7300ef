//! PEM files in the shapes in which people bring them.

use scaffolding_keys::{Blocks, Flaw, to_pem};

/// The contents of the blocks that Go sees.
fn seen(file: &str) -> Vec<Vec<u8>> {
    Blocks::of(file.as_bytes())
        .map(|block| block.into_contents())
        .collect()
}

#[test]
fn blocks_are_seen_whatever_stands_between_and_in_their_lines() {
    let (one, two) = (
        to_pem("ONE", [1; 60].as_slice()),
        to_pem("TWO", [2; 60].as_slice()),
    );
    let both = vec![vec![1; 60], vec![2; 60]];
    for file in [
        format!("{one}{two}"),
        format!("subject=one\n{one}\nsubject=two\n{two}"),
        format!("{one}{two}").replace('\n', "\r\n"),
        format!("{one}{two}").replace("-----\n", "----- \t\n"),
        format!("{one}{two}").trim_end().to_owned(),
        one.replace("AQEB", "A Q\tE B") + &two,
        one.replace("ONE-----\nAQ", "ONE-----\nProc-Type: 4,CLEAR\n\nAQ") + &two,
    ] {
        assert_eq!(seen(&file), both, "{file}");
        assert_eq!(Flaw::of(file.as_bytes()), None, "{file}");
    }
    let block = Blocks::of(b"-----BEGIN A-----\nX: y\n\nAA==\n-----END A-----\nrest").next();
    assert_eq!(block.unwrap().headers().get("X"), Some("y"));
}

#[test]
fn what_hides_a_block_from_go_is_named() {
    let pem = to_pem("ONE", [1; 60].as_slice());
    let folded = pem.trim_end().replace('\n', " ");
    for (file, flaw) in [
        (String::new(), Flaw::Empty),
        (" \n".into(), Flaw::Empty),
        ("hello".into(), Flaw::NoBlock),
        (format!("\u{feff}{pem}"), Flaw::ByteOrderMark),
        (
            pem.replace('\n', "\n  ").replacen("--", "  --", 1),
            Flaw::Indented,
        ),
        (pem.replace("\n-----END", "\n\t-----END"), Flaw::Indented),
        (format!("\"{}\"\n", pem.trim_end()), Flaw::Quoted),
        (format!("'{}'", pem.trim_end()), Flaw::Quoted),
        (folded, Flaw::Folded),
        (pem.trim_end().replace('\n', ""), Flaw::Folded),
        (pem.replace('\n', "\\n"), Flaw::Escaped),
        (pem.replace("AQEB", "!"), Flaw::Damaged),
        (pem[..40].to_owned(), Flaw::Damaged),
        (pem[40..].to_owned(), Flaw::Damaged),
        (pem.replace("END ONE", "END TWO"), Flaw::Damaged),
        (format!("{pem}hello"), Flaw::Behind),
    ] {
        assert_eq!(Flaw::of(file.as_bytes()), Some(flaw), "{file}");
    }
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(pem.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(Flaw::of(&utf16), Some(Flaw::Utf16));
    assert_eq!(Flaw::of(&[0x30, 0x82, 1, 0]), Some(Flaw::Der));
}
