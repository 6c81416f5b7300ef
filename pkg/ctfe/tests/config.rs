//! The configuration three ways: we read ours, someone else reads ours, we read Go's.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, and not in their helpers

use prost_reflect::{DescriptorPool, DynamicMessage};
use scaffolding_ctfe::{Config, Error, Log};

/// What the Go job's configuration says.
fn log() -> Log {
    Log {
        tree_id: 4_205_681_293_847_561_234,
        prefix: "sigstorescaffolding".into(),
        trillian: "log-server.trillian-system.svc:80".into(),
        private_key_path: "/ctfe-keys/private".into(),
        password: "test".into(),
        public_key: public_key(),
        roots_paths: vec!["/ctfe-keys/fulcio-0".into()],
    }
}

/// The key that the Go job published beside its configuration.
fn public_key() -> Vec<u8> {
    let pem = include_bytes!("../../../test/data/original/ctlog-public-key/public");
    keys::PublicKey::from_pem(pem).unwrap().der().to_vec()
}

fn parsed(file: &str) -> Log {
    Config::parse(file.as_bytes()).unwrap().log().unwrap()
}

/// What a reader that knows the types finds in each file.
fn read_by_another<const N: usize>(files: [&str; N]) -> [DynamicMessage; N] {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let types = protox::compile(["config.proto"], [data]).unwrap();
    let types = DescriptorPool::from_file_descriptor_set(types).unwrap();
    let config = types.get_message_by_name("keyspb.LogMultiConfig").unwrap();
    files.map(|file| DynamicMessage::parse_text_format(config.clone(), file).unwrap())
}

const GO_COMPACT: &str = include_str!("../../../test/data/original/ctlog-secret/config");
const GO_MULTILINE: &str = include_str!("data/go-multiline.cfg");

#[test]
fn our_file_reads_like_this() {
    let mut log = log();
    log.public_key = b"0Y\x06*\xce=\"\\".into();
    log.roots_paths.push("/ctfe-keys/fulcio-1".into());
    assert_eq!(
        Config::new(&log).to_string(),
        r#"backends {
  backend {
    name: "trillian"
    backend_spec: "log-server.trillian-system.svc:80"
  }
}
log_configs {
  config {
    log_id: 4205681293847561234
    prefix: "sigstorescaffolding"
    roots_pem_file: "/ctfe-keys/fulcio-0"
    roots_pem_file: "/ctfe-keys/fulcio-1"
    private_key {
      [type.googleapis.com/keyspb.PEMKeyFile] {
        path: "/ctfe-keys/private"
        password: "test"
      }
    }
    public_key {
      der: "0Y\006*\316=\"\\"
    }
    log_backend_name: "trillian"
    ext_key_usages: "CodeSigning"
  }
}
"#
    );
}

#[test]
fn we_read_our_own_file_whatever_is_in_it() {
    let mut log = log();
    log.password = "quote\" backslash\\ newline\n tab\t ümlaut '#{}".into();
    log.public_key = (0..=255).collect();
    let file = Config::new(&log).to_string();
    assert!(parsed(&file) == log);
    assert!(file.is_ascii());
}

#[test]
fn another_reader_finds_in_ours_what_it_finds_in_gos() {
    let ours = Config::new(&log()).to_string();
    let [ours, gos] = read_by_another([&ours, GO_COMPACT]);
    assert!(ours == gos, "{ours}\n{gos}");
}

#[test]
fn we_read_gos_files() {
    for file in [GO_COMPACT, GO_MULTILINE] {
        assert!(parsed(file) == log());
    }
}

#[test]
fn we_read_an_encoded_private_key() {
    let wire = r#"\n\022/ctfe-keys/private\022\004test"#;
    let written_out = Config::new(&log()).to_string();
    let start = written_out.find("[type").unwrap();
    let end = start + written_out[start..].find('}').unwrap() + 1;
    let mut encoded = written_out.clone();
    encoded.replace_range(
        start..end,
        &format!(r#"type_url: "type.googleapis.com/keyspb.PEMKeyFile" value: "{wire}""#),
    );
    let [encoding, writing_out] = read_by_another([&encoded, &written_out]);
    assert!(encoding == writing_out, "{encoding}\n{writing_out}");
    assert!(parsed(&encoded) == log());
}

#[test]
fn a_change_keeps_what_the_file_says_besides() {
    let reordered = GO_COMPACT.replace(
        "ext_key_usages:\"CodeSigning\"",
        "reject_expired:true, not_after_start <seconds:1 nanos:-2>; ext_key_usages:[\"Any\", 'OCSP' 'Signing']",
    );
    let mut config = Config::parse(reordered.as_bytes()).unwrap();
    let mut changed = log();
    changed.roots_paths = vec!["/ctfe-keys/roots.pem".into()];
    config.set(&changed);
    let file = config.to_string();
    assert!(parsed(&file) == changed);
    for kept in [
        "    reject_expired: true\n",
        "      seconds: 1\n      nanos: -2\n",
        "    ext_key_usages: \"Any\"\n    ext_key_usages: \"OCSPSigning\"\n",
    ] {
        assert!(file.contains(kept), "{file}");
    }
}

#[test]
fn the_readable_copy_has_no_password() {
    for file in [Config::new(&log()).to_string(), GO_COMPACT.to_owned()] {
        let copy = Config::parse(file.as_bytes()).unwrap().without_password();
        assert!(!copy.to_string().contains("password"));
        assert_eq!(copy.log().unwrap().password, "");
        assert_eq!(copy.log().unwrap().private_key_path, "/ctfe-keys/private");
    }
}

#[test]
fn comments_and_odd_spacing_are_read() {
    let file = GO_COMPACT
        .replace("log_configs:{", "\n# the log\nlog_configs { # here\n")
        .replace("log_id:", "log_id :\t");
    assert!(parsed(&file) == log());
}

#[test]
fn what_is_not_a_configuration_of_one_log_is_refused() {
    let error = |file: &str| Config::parse(file.as_bytes()).map(drop).unwrap_err();
    assert!(matches!(error(""), Error::NotOneLog));
    let two = GO_COMPACT.replace("config:{", "config:{} config:{");
    assert!(matches!(error(&two), Error::NotOneLog));
    let token = GO_COMPACT.replace("PEMKeyFile", "PKCS11Config");
    assert!(matches!(error(&token), Error::OtherKey));
    for (file, line) in [
        ("backends {\n backend {", 2),
        ("backends }", 1),
        ("a: \"open", 1),
        ("a: \"line\nbreak\"", 1),
        ("a: \"\\400\"", 1),
        ("a: \"\\q\"", 1),
        ("\n\na", 3),
        ("\u{b}\0\u{1}binary", 1),
    ] {
        assert!(
            matches!(error(file), Error::Syntax(at) if at == line),
            "{file}: {:?}",
            error(file)
        );
    }
    let deep = "a{".repeat(100_000);
    assert!(matches!(error(&deep), Error::Syntax(1)));
}
