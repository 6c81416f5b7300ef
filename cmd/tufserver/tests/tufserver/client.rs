//! A client that keeps its connection, and walks the repository as TUF's clients do.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(crate) struct Client(BufReader<TcpStream>);

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn headers_but_date(&self) -> Vec<&(String, String)> {
        let headers = self.headers.iter();
        headers.filter(|(name, _)| name != "date").collect()
    }
}

impl Client {
    pub(crate) fn connect(port: u16) -> Self {
        Self(BufReader::new(
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap(),
        ))
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[&str]) -> Answer {
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: tuf\r\n{lines}\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = || {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        };
        let status = line().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = std::iter::from_fn(|| Some(line()).filter(|line| !line.is_empty()))
            .map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                (name.to_owned(), value.to_owned())
            })
            .collect();
        let mut answer = Answer {
            status,
            headers,
            body: vec![],
        };
        if method != "HEAD" && status != 304 {
            let length = answer.header("content-length").unwrap().parse().unwrap();
            answer.body.resize(length, 0);
            self.0.read_exact(&mut answer.body).unwrap();
        }
        answer
    }

    /// From the timestamp to the last target; each file has to be what the one before it says.
    /// Returns the number of requests, or what was wrong with which file.
    pub(crate) fn walk(&mut self) -> Result<u64, String> {
        let next_root = self.ask("GET", "/2.root.json", &[]).status;
        if next_root != 404 {
            return Err(format!("2.root.json: {next_root}"));
        }
        let timestamp = self.file("timestamp.json", &Value::Null)?;
        let described = &timestamp["signed"]["meta"]["snapshot.json"];
        let snapshot = self.file(&versioned("snapshot.json", described), described)?;
        let described = &snapshot["signed"]["meta"]["targets.json"];
        let targets = self.file(&versioned("targets.json", described), described)?;
        let targets = targets["signed"]["targets"].as_object().unwrap();
        for (name, described) in targets {
            let digest = described["hashes"]["sha256"].as_str().unwrap();
            self.file(&format!("targets/{digest}.{name}"), described)?;
        }
        Ok(4 + targets.len() as u64)
    }

    /// The file, as `described`; what isn't JSON is null.
    fn file(&mut self, path: &str, described: &Value) -> Result<Value, String> {
        let answer = self.ask("GET", &format!("/{path}"), &[]);
        if answer.status != 200 {
            return Err(format!("{path}: {}", answer.status));
        }
        let digest = hex::encode(Sha256::digest(&answer.body));
        match described["hashes"]["sha256"].as_str() {
            Some(expected) if expected != digest => Err(format!("{path} isn't what was described")),
            _ => Ok(serde_json::from_slice(&answer.body).unwrap_or_default()),
        }
    }
}

fn versioned(file: &str, described: &Value) -> String {
    format!("{}.{file}", described["version"])
}
