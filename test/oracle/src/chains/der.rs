//! DER, written by hand: the inputs hold what no library writes.

/// One element: its tag, and what is in it.
pub(super) fn element(tag: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let length = content.len();
    let mut der = vec![tag];
    match length {
        0..0x80 => der.push(length as u8),
        0x80..0x100 => der.extend([0x81, length as u8]),
        _ => der.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    der.extend(content);
    der
}

pub(super) fn sequence<const N: usize>(parts: [&[u8]; N]) -> Vec<u8> {
    element(0x30, parts.concat())
}

/// An OBJECT IDENTIFIER, given with dots.
pub(super) fn oid(text: &str) -> Vec<u8> {
    let numbers: Vec<u64> = text
        .split('.')
        .map(|arc| arc.parse().expect("a number"))
        .collect();
    let mut content = vec![];
    for number in [&[numbers[0] * 40 + numbers[1]], &numbers[2..]].concat() {
        let digits = (0..10).rev().map(|at| (number >> (7 * at)) as u8 & 0x7f);
        let digits: Vec<u8> = digits.skip_while(|digit| *digit == 0).collect();
        let (last, first) = digits.split_last().unwrap_or((&0, &[]));
        content.extend(first.iter().map(|digit| digit | 0x80));
        content.push(*last);
    }
    element(6, content)
}

/// A name that is one CN, as a UTF8String.
pub(super) fn name(common_name: &str) -> Vec<u8> {
    name_of(0x0c, common_name.as_bytes())
}

/// A name that is one CN, as a string of some kind.
pub(super) fn name_of(tag: u8, text: impl AsRef<[u8]>) -> Vec<u8> {
    let attribute = sequence([&oid("2.5.4.3"), &element(tag, text)]);
    sequence([&element(0x31, attribute)])
}

pub(super) fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { element(1, [0xff]) } else { vec![] };
    sequence([&oid(id), &critical, &element(4, value)])
}

/// A SEQUENCE of object identifiers.
pub(super) fn oids(ids: &[&str]) -> Vec<u8> {
    element(0x30, ids.iter().flat_map(|id| oid(id)).collect::<Vec<_>>())
}
