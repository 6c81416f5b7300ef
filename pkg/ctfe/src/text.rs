//! Protocol buffers in text format, as far as it can be read without knowing the message's type.
//!
//! What is read is written back whole, also fields that nobody here knows. The format is described
//! at <https://protobuf.dev/reference/protobuf/textformat-spec/>.

use std::fmt::{self, Write as _};

/// A message: its fields in their order. A repeated field is there several times.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Message(Vec<(String, Value)>);

/// The value of a field.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A number, a truth value or the name of an enum's value, as it was written.
    Word(String),
    /// A string or bytes, unescaped.
    Text(Vec<u8>),
    /// A message.
    Message(Message),
}

impl Message {
    /// The values of a field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.0
            .iter()
            .filter(move |field| field.0 == name)
            .map(|field| &field.1)
    }

    /// The value of a field. Of several the last one counts.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.all(name).last()
    }

    /// The messages in a field.
    pub(crate) fn messages(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.all(name).filter_map(|value| match value {
            Value::Message(message) => Some(message),
            _ => None,
        })
    }

    /// The message in a field. Of several the last one counts.
    pub(crate) fn message(&self, name: &str) -> Option<&Self> {
        self.messages(name).last()
    }

    /// The message in a field, which is made when it isn't there.
    pub(crate) fn message_mut(&mut self, name: &str) -> &mut Self {
        let is_there =
            |(key, value): &(String, Value)| key == name && matches!(value, Value::Message(_));
        let position = self.0.iter().rposition(is_there).unwrap_or_else(|| {
            self.0.push((name.into(), Value::Message(Self::default())));
            self.0.len() - 1
        });
        match &mut self.0[position].1 {
            Value::Message(message) => message,
            _ => unreachable!("the position is a message's"),
        }
    }

    /// Replaces the values of a field, at the place of the first of them.
    pub(crate) fn set(&mut self, name: &str, values: impl IntoIterator<Item = Value>) {
        let first = self.0.iter().position(|field| field.0 == name);
        self.0.retain(|field| field.0 != name);
        let position = first.unwrap_or(self.0.len());
        let fields = values.into_iter().map(|value| (name.to_owned(), value));
        self.0.splice(position..position, fields);
    }

    /// The names of the fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|field| field.0.as_str())
    }

    /// Reads a message. The error is the number of the line that can't be read.
    pub(crate) fn parse(text: &str) -> Result<Self, usize> {
        let mut reader = Reader { rest: text };
        reader.message(None, DEEPEST).ok_or_else(|| {
            text[..text.len() - reader.rest.len()]
                .lines()
                .count()
                .max(1)
        })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        for (name, value) in &self.0 {
            write!(f, "{:indent$}{name}", "")?;
            match value {
                Value::Word(word) => writeln!(f, ": {word}")?,
                Value::Text(bytes) => writeln!(f, ": \"{}\"", Escaped(bytes))?,
                Value::Message(message) => {
                    writeln!(f, " {{")?;
                    message.write(f, indent + 2)?;
                    writeln!(f, "{:indent$}}}", "")?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Value {
    /// A string or bytes.
    pub(crate) fn text(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Text(bytes.into())
    }
}

/// Bytes within double quotes: ASCII that prints as it is, the rest in three octal digits.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(*byte))?,
                b'\n' => f.write_str("\\n")?,
                b' '..=b'~' => f.write_char(char::from(*byte))?,
                _ => write!(f, "\\{byte:03o}")?,
            }
        }
        Ok(())
    }
}

/// The text that is still to be read. Each method takes what it reads off the front, and returns
/// `None` when that can't be read: the text then begins near the mistake.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Fields up to the closing bracket, or to the end.
    fn message(&mut self, close: Option<char>, depth: usize) -> Option<Message> {
        let depth = depth.checked_sub(1)?;
        let mut fields = Vec::new();
        loop {
            self.blanks();
            match (self.rest.chars().next(), close) {
                (None, None) => return Some(Message(fields)),
                (next, Some(_)) if next == close => {
                    self.eat(next?);
                    return Some(Message(fields));
                }
                _ => self.field(&mut fields, depth)?,
            }
        }
    }

    fn field(&mut self, fields: &mut Vec<(String, Value)>, depth: usize) -> Option<()> {
        let name = self.name()?;
        self.blanks();
        let colon = self.eat(':');
        self.blanks();
        if self.eat('[') {
            self.blanks();
            while !self.eat(']') {
                fields.push((name.clone(), self.value(true, depth)?));
                self.blanks();
                self.eat(',');
                self.blanks();
            }
        } else {
            fields.push((name, self.value(colon, depth)?));
        }
        self.blanks();
        let _ = self.eat(',') || self.eat(';');
        Some(())
    }

    fn value(&mut self, colon: bool, depth: usize) -> Option<Value> {
        if self.eat('{') {
            return self.message(Some('}'), depth).map(Value::Message);
        }
        if self.eat('<') {
            return self.message(Some('>'), depth).map(Value::Message);
        }
        if !colon {
            return None;
        }
        if self.rest.starts_with(['"', '\'']) {
            return self.strings().map(Value::Text);
        }
        let minus = if self.eat('-') { "-" } else { "" };
        self.blanks();
        let word = self.word(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c))?;
        Some(Value::Word(format!("{minus}{word}")))
    }

    /// A field's name: an identifier, or a message's type in brackets.
    fn name(&mut self) -> Option<String> {
        if !self.eat('[') {
            return self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        }
        let (inner, rest) = self.rest.split_once(']')?;
        self.rest = rest;
        let inner: String = inner.split_ascii_whitespace().collect();
        Some(format!("[{inner}]"))
    }

    /// One or more strings, which are one value.
    fn strings(&mut self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(quote) = self.rest.chars().next().filter(|c| "\"'".contains(*c)) {
            self.eat(quote);
            loop {
                let next = self.rest.chars().next()?;
                self.eat(next);
                match next {
                    '\n' => return None,
                    '\\' => self.escape(&mut bytes)?,
                    _ if next == quote => break,
                    _ => bytes.extend(next.encode_utf8(&mut [0; 4]).bytes()),
                }
            }
            self.blanks();
        }
        Some(bytes)
    }

    /// What follows a backslash.
    fn escape(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        if let Some(octal) = self.digits(8, 1, 3) {
            bytes.push(u8::try_from(octal).ok()?);
            return Some(());
        }
        let next = self.rest.chars().next()?;
        self.eat(next);
        let code = match next {
            'x' | 'X' => {
                bytes.push(u8::try_from(self.digits(16, 1, 2)?).ok()?);
                return Some(());
            }
            'u' => self.digits(16, 4, 4)?,
            'U' => self.digits(16, 8, 8)?,
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'v' => 0x0b,
            '?' | '\\' | '\'' | '"' => next.into(),
            _ => return None,
        };
        let character = char::from_u32(code)?;
        bytes.extend(character.encode_utf8(&mut [0; 4]).bytes());
        Some(())
    }

    /// A number of `least` to `most` digits.
    fn digits(&mut self, radix: u32, least: usize, most: usize) -> Option<u32> {
        let length = self
            .rest
            .chars()
            .take(most)
            .take_while(|c| c.is_digit(radix))
            .count();
        let (digits, rest) = self.rest.split_at(length);
        let number = u32::from_str_radix(digits, radix).ok()?;
        (length >= least).then(|| self.rest = rest)?;
        Some(number)
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> Option<String> {
        let length = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        (length > 0).then(|| word.to_owned())
    }

    /// Blanks and comments.
    fn blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn eat(&mut self, expected: char) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// Messages within messages; a `LogMultiConfig` has five levels.
const DEEPEST: usize = 32;
