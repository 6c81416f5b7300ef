//! What is taken is what Go, Python and JavaScript read in the same way.
//!
//! `readers/` has a program of each language, and `readers.txt` what they said.
//! `TEST_URL_READERS=1` asks them anew, and with `UPDATE=1` writes it down.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::{
    collections::BTreeSet,
    env, fs,
    io::Write as _,
    net::Ipv6Addr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use scaffolding_address::url;

/// Scheme, host, port and path.
type Reading = Option<[String; 4]>;

#[test]
fn what_is_taken_all_read_in_the_same_way_as_we_do() {
    let mut taken = 0;
    for (text, readings) in recorded() {
        let Ok(url) = url(&text) else { continue };
        taken += 1;
        let ours = Some([
            url.scheme().into(),
            url.host_str().unwrap().into(),
            url.port_or_known_default().unwrap().to_string(),
            url.path().into(),
        ]);
        for theirs in readings {
            assert_eq!(normal(theirs), normal(ours.clone()), "{text}");
        }
    }
    assert!(taken > 130, "{taken}");
}

#[test]
fn what_is_refused_is_read_differently_or_for_a_reason_of_ours() {
    let ours = [
        "clients add a path",
        "everybody could read",
        "was to be replaced",
        "encoded with %",
        "twice",
        "port \"\"",
    ];
    for (text, readings) in recorded() {
        let Err(error) = url(&text) else { continue };
        let [first, rest @ ..] = readings.map(normal);
        let all_read_it = first.is_some() && rest.iter().all(|reading| *reading == first);
        let reason = error.to_string();
        let is_ours = ours.iter().any(|ours| reason.contains(ours))
            || NOT_IN_DNS.iter().any(|host| text.contains(host));
        assert!(!all_read_it || is_ours, "{text}: {reason}");
    }
}

#[test]
fn each_reason_is_the_true_one() {
    for (text, reason) in [
        ("", "has to begin with http"),
        ("fulcio:80", "has to begin with http"),
        ("ftp://fulcio", "has to begin with http"),
        ("http:///fulcio", "has to begin with http"),
        ("https://https://rekor.example", "twice"),
        ("https://$(REKOR_HOST)", "'$' of something"),
        ("https://rekor.example/${X}", "'$' of something"),
        ("https://{{ .x }}", "'{' of something"),
        ("https://<your-host>", "'<' of something"),
        ("https://rekor.example:99999", "port \"99999\""),
        ("https://rekor.example:0", "port \"0\""),
        ("https://rekor.example:", "port \"\""),
        ("https://user:password@rekor.example", "user or a password"),
        ("http://[fd00::1", "host \"[fd00::1\""),
        ("http://fd00::1", "host \"fd00::1\""),
        ("http://1.2.3.4.5", "host \"1.2.3.4.5\""),
        ("http://exa mple", "' '"),
        ("http://r\u{e9}kor", "'\u{e9}'"),
        ("http://rekor/%zz", "'%'"),
        ("http://rekor/?a=b", "query"),
        ("http://rekor/#a", "query"),
        ("http://rekor/a/../b", "path"),
        ("http://rekor/%2e%2E/b", "path"),
    ] {
        let error = url(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn the_readers_still_say_what_is_recorded() {
    let urls = generated();
    if env::var_os("TEST_URL_READERS").is_none() {
        // The table is at least about the same URLs.
        let known: BTreeSet<_> = recorded().into_iter().map(|(text, _)| text).collect();
        return assert_eq!(known, urls);
    }
    let lists = [
        asked(&["go", "run", "read.go"], &urls),
        asked(&["python3", "read.py"], &urls),
        asked(&["node", "read.js"], &urls),
    ];
    let mut table = String::new();
    for (at, text) in urls.iter().enumerate() {
        let readings = [&lists[0][at], &lists[1][at], &lists[2][at]];
        table += &serde_json::to_string(&(text, readings)).unwrap();
        table.push('\n');
    }
    match env::var_os("UPDATE") {
        Some(_) => fs::write(path("readers.txt"), table).unwrap(),
        None => assert_eq!(table, fs::read_to_string(path("readers.txt")).unwrap()),
    }
}

fn recorded() -> Vec<(String, [Reading; 3])> {
    let table = fs::read_to_string(path("readers.txt")).unwrap();
    let lines = table.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(file)
}

fn asked(command: &[&str], urls: &BTreeSet<String>) -> Vec<Reading> {
    let child = Command::new(command[0])
        .args(&command[1..])
        .current_dir(path("readers"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
    let input = serde_json::to_vec(urls).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// One way to write an IPv6 address.
fn normal(reading: Reading) -> Reading {
    let mut reading = reading?;
    let host = reading[1].trim_matches(['[', ']']);
    reading[1] = match host.parse::<Ipv6Addr>() {
        Ok(address) => address.to_string(),
        Err(_) => host.to_owned(),
    };
    Some(reading)
}

/// Every host at every port, every path under every scheme, and whatever else people write.
fn generated() -> BTreeSet<String> {
    let mut urls = BTreeSet::new();
    for host in HOSTS {
        for port in PORTS {
            urls.insert(format!("http://{host}{port}/api/v1"));
        }
        urls.insert(format!("https://{host}"));
    }
    for path in PATHS {
        for start in STARTS {
            urls.insert(format!("{start}rekor.example{path}"));
        }
    }
    urls
}

const STARTS: [&str; 14] = [
    "http://",
    "https://",
    "HTTP://",
    "hTTps://",
    "",
    "//",
    "http:/",
    "http:",
    "http:///",
    "ftp://",
    "https://https://",
    "http://https//",
    "http://user@",
    "https://user:password@",
];

const HOSTS: [&str; 44] = [
    "rekor",
    "rekor.rekor-system.svc",
    "rekor.rekor-system.svc.",
    "REKOR.example",
    "re_kor.example",
    "-rekor.example",
    "rekor-.example",
    "rekor..example",
    ".rekor.example",
    ".",
    "",
    "xn--rkor-bpa.example",
    "xn--a.example",
    "r\u{e9}kor.example",
    "rekor\u{3002}example",
    "rekor%2eexample",
    "re kor.example",
    "rekor.example\t",
    "re,kor.example",
    "rekor*.example",
    "rekor|.example",
    "rekor^.example",
    "<your-host>",
    "$(REKOR_HOST)",
    "${REKOR_HOST}",
    "{{ .host }}",
    "10.0.0.1",
    "10.0.0.1.",
    "10.0.1",
    "127.1",
    "010.0.0.1",
    "0x7f.0.0.1",
    "167772161",
    "1.2.3.4.5",
    "256.0.0.1",
    "rekor.1",
    "[fd00::1]",
    "[FD00:0::1]",
    "[fd00::1",
    "fd00::1",
    "[::ffff:10.0.0.1]",
    "[fe80::1%25eth0]",
    "[10.0.0.1]",
    "[rekor]",
];

const PORTS: [&str; 13] = [
    "", ":80", ":443", ":8443", ":080", ":65535", ":65536", ":99999", ":0", ":", ":http", ":-1",
    ":+80",
];

const PATHS: [&str; 36] = [
    "",
    "/",
    "//",
    "/api/v1",
    "/api/v1/",
    "/api//v1",
    "/~a-b_c.d",
    "/a;b=c,d",
    "/a!b'c(d)*e+f",
    "/a:b@c",
    "/a&b",
    "/%41",
    "/a%2Fb",
    "/a%2fb",
    "/a%",
    "/a%zz",
    "/a%2",
    "/a/../b",
    "/a/./b",
    "/..",
    "/%2e%2e/b",
    "/%2E/b",
    "/a b",
    "/\u{e9}",
    "/a|b",
    "/a^b",
    "/a`b",
    "/a\"b",
    "/a\\b",
    "\\a",
    "/[a]",
    "/${X}",
    "/<x>",
    "/a?b=c",
    "?a=b",
    "#a",
];

/// Hosts that all read in one way, and that no DNS has.
const NOT_IN_DNS: [&str; 2] = ["re,kor", "rekor*"];
