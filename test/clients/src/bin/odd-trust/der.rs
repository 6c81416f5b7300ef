//! DER with one thing wrong with it, each time another.

/// A value with its tag, which holds others or bytes.
#[derive(Clone)]
struct Value {
    tag: u8,
    body: Body,
    /// A length with a byte more than it takes.
    has_long_length: bool,
}

#[derive(Clone)]
enum Body {
    /// `0`, as a bit string has before its bytes, and values.
    Values(Vec<u8>, Vec<Value>),
    Bytes(Vec<u8>),
}

type Change = fn(&mut Value);

/// What can be wrong with a value.
const CHANGES: [(&str, Change); 9] = [
    ("another tag", |value| value.tag ^= 1),
    ("a private tag", |value| value.tag |= 0xc0),
    ("a long length", |value| value.has_long_length = true),
    ("nothing in it", |value| value.body = Body::Bytes(vec![])),
    ("a zero before", |value| {
        value.edit(|bytes| bytes.insert(0, 0))
    }),
    ("a zero behind", |value| value.edit(|bytes| bytes.push(0))),
    ("the first bit", |value| {
        value.edit(|bytes| bytes.iter_mut().take(1).for_each(|byte| *byte ^= 0x80));
    }),
    ("the last bit", |value| {
        value.edit(|bytes| bytes.iter_mut().rev().take(1).for_each(|byte| *byte ^= 1));
    }),
    ("a byte that is no text", |value| {
        value.edit(|bytes| {
            bytes
                .iter_mut()
                .skip(1)
                .take(1)
                .for_each(|byte| *byte = 0xff)
        });
    }),
];

/// Each way in which one of the values in `der` is wrong, left out or there twice, and its name.
///
/// # Panics
///
/// When it isn't one value in DER.
pub(crate) fn variants(der: &[u8]) -> Vec<(String, Vec<u8>)> {
    let value = read_one(der).expect("it is one value");
    let mut variants = vec![];
    for at in 0..value.count() {
        for (name, change) in CHANGES {
            let mut changed = value.clone();
            change(changed.descendant(at));
            variants.push((format!("value {at}: {name}"), changed.to_der()));
        }
        for (name, twice) in [("left out", false), ("twice", true)] {
            let mut changed = value.clone();
            if changed.repeat(at, twice) {
                variants.push((format!("value {at}: {name}"), changed.to_der()));
            }
        }
    }
    variants.retain(|(_, variant)| variant != der);
    variants
}

/// A SEQUENCE of these values.
pub(crate) fn sequence(values: &[&[u8]]) -> Vec<u8> {
    tagged(0x30, &values.concat())
}

/// The bytes as a BIT STRING.
pub(crate) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tagged(0x03, &[&[0], bytes].concat())
}

/// The values in a SEQUENCE.
///
/// # Panics
///
/// When it is none.
pub(crate) fn parts(sequence: &[u8]) -> Vec<Vec<u8>> {
    let (_, body, _) = split(sequence).expect("it is one value");
    let mut rest = body;
    let mut parts = vec![];
    while let Some((_, _, after)) = split(rest) {
        parts.push(rest[..rest.len() - after.len()].to_vec());
        rest = after;
    }
    parts
}

impl Value {
    fn edit(&mut self, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.body();
        edit(&mut bytes);
        self.body = Body::Bytes(bytes);
    }

    fn body(&self) -> Vec<u8> {
        match &self.body {
            Body::Bytes(bytes) => bytes.clone(),
            Body::Values(before, values) => {
                let values = values.iter().flat_map(Self::to_der);
                before.iter().copied().chain(values).collect()
            }
        }
    }

    fn to_der(&self) -> Vec<u8> {
        let mut der = tagged(self.tag, &self.body());
        if self.has_long_length {
            match der[1] {
                0x80.. => {
                    der[1] += 1;
                    der.insert(2, 0);
                }
                _ => der.insert(1, 0x81),
            }
        }
        der
    }

    fn values(&self) -> &[Self] {
        match &self.body {
            Body::Values(_, values) => values,
            Body::Bytes(_) => &[],
        }
    }

    /// How many values there are in it, itself included.
    fn count(&self) -> usize {
        1 + self.values().iter().map(Self::count).sum::<usize>()
    }

    /// The value `at` this place, where itself is the first.
    fn descendant(&mut self, at: usize) -> &mut Self {
        match self.child(at) {
            None => self,
            Some((index, at)) => self.values_mut()[index].descendant(at),
        }
    }

    /// Leaves the value `at` this place out, or has it twice. False for itself.
    fn repeat(&mut self, at: usize, twice: bool) -> bool {
        let Some((index, at)) = self.child(at) else {
            return false;
        };
        let values = self.values_mut();
        match (at, twice) {
            (0, true) => values.insert(index, values[index].clone()),
            (0, false) => _ = values.remove(index),
            _ => return values[index].repeat(at, twice),
        }
        true
    }

    /// In which of its values the value `at` this place is, and at which place there.
    fn child(&self, at: usize) -> Option<(usize, usize)> {
        let mut at = at.checked_sub(1)?;
        for (index, value) in self.values().iter().enumerate() {
            match at.checked_sub(value.count()) {
                None => return Some((index, at)),
                Some(rest) => at = rest,
            }
        }
        None
    }

    fn values_mut(&mut self) -> &mut Vec<Self> {
        match &mut self.body {
            Body::Values(_, values) => values,
            Body::Bytes(_) => unreachable!("it has a child"),
        }
    }
}

fn read_one(der: &[u8]) -> Option<Value> {
    let (tag, body, rest) = split(der)?;
    rest.is_empty().then(|| {
        let (before, inner) = match tag {
            // A bit string or an octet string may hold values too.
            0x03 => body.split_at(body.len().min(1)),
            _ => body.split_at(0),
        };
        let holds = tag & 0x20 != 0 || [0x03, 0x04].contains(&tag);
        let values = holds.then(|| read_all(inner)).flatten();
        Value {
            tag,
            body: match values {
                Some(values) => Body::Values(before.to_vec(), values),
                None => Body::Bytes(body.to_vec()),
            },
            has_long_length: false,
        }
    })
}

fn read_all(mut der: &[u8]) -> Option<Vec<Value>> {
    let mut values = vec![];
    while !der.is_empty() {
        let (_, _, rest) = split(der)?;
        values.push(read_one(&der[..der.len() - rest.len()])?);
        der = rest;
    }
    (!values.is_empty()).then_some(values)
}

/// A tag, its value, and what comes behind.
fn split(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x82 => {
            let (length, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            let length = length.iter();
            (
                length.fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
                rest,
            )
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}

fn tagged(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = body.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut der = vec![tag];
    match body.len() {
        ..0x80 => der.push(body.len().to_le_bytes()[0]),
        _ => {
            der.push(0x80 + length.len().to_le_bytes()[0]);
            der.extend(length);
        }
    }
    der.extend(body);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_wrong_once() {
        let der = sequence(&[&[2, 1, 5], &bit_string(&sequence(&[&[5, 0]]))]);
        assert_eq!(parts(&der).len(), 2);
        assert_eq!(read_one(&der).unwrap().to_der(), der);
        let variants = variants(&der);
        let find = |name: &str| {
            let mut all = variants.iter();
            &all.find(|(variant, _)| variant == name).unwrap().1
        };
        assert_eq!(
            find("value 1: left out"),
            &[0x30, 7, 3, 5, 0, 0x30, 2, 5, 0]
        );
        assert_eq!(
            find("value 4: left out"),
            &[0x30, 8, 2, 1, 5, 3, 3, 0, 0x30, 0]
        );
        assert_eq!(
            find("value 1: the first bit"),
            &[0x30, 10, 2, 1, 0x85, 3, 5, 0, 0x30, 2, 5, 0]
        );
        assert_eq!(
            find("value 4: a long length"),
            &[0x30, 11, 2, 1, 5, 3, 6, 0, 0x30, 3, 5, 0x81, 0]
        );
    }
}
