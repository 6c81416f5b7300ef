//! A file fits in a head, and a function on a screen.

use std::fs;

use syn::{
    Block, Signature,
    visit::{self, Visit},
};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;
/// As rustfmt.toml has it.
const WIDTH: usize = 100;

/// The functions that are too long, with their lines.
#[derive(Default)]
struct TooLong(Vec<(String, usize)>);

impl TooLong {
    fn measure(&mut self, signature: &Signature, block: &Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.brace_token.span.close().end().line;
        let lines = last - first + 1;
        if lines > LONGEST_FUNCTION {
            self.0.push((signature.ident.to_string(), lines));
        }
    }
}

impl<'ast> Visit<'ast> for TooLong {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }
}

#[test]
fn no_file_has_more_than_400_lines() {
    let root = crate::root();
    let files = ["rs", "sh", "yaml", "md"].map(|extension| crate::files(&root, extension));
    let lengths = files.iter().flatten().map(|file| {
        let text = fs::read_to_string(file).expect("a text");
        (text.lines().count(), file)
    });
    let too_long: Vec<_> = lengths.filter(|(lines, _)| *lines > LONGEST_FILE).collect();
    assert!(too_long.is_empty(), "{too_long:#?}");
}

#[test]
fn prose_and_attributes_keep_to_the_width_of_the_code() {
    let mut too_wide = vec![];
    for file in crate::files(&crate::root(), "rs") {
        let text = fs::read_to_string(&file).expect("a text");
        for (line, text) in (1..).zip(text.lines()) {
            let is_prose = ["//", "#[", "#!["]
                .iter()
                .any(|start| text.trim_start().starts_with(start));
            if is_prose && text.chars().count() > WIDTH {
                too_wide.push(format!("{}:{line}", file.display()));
            }
        }
    }
    assert!(too_wide.is_empty(), "{too_wide:#?}");
}

#[test]
fn no_function_has_more_than_60_lines() {
    let mut too_long = TooLong::default();
    for file in crate::files(&crate::root(), "rs") {
        too_long.visit_file(&crate::parsed(&file));
    }
    assert!(too_long.0.is_empty(), "{:#?}", too_long.0);
}

#[test]
fn a_function_of_61_lines_is_found() {
    let function = |lines: usize| format!("fn f() {{\n{}}}\n", "\n".repeat(lines - 2));
    for (lines, found) in [(60, 0), (61, 1)] {
        let mut too_long = TooLong::default();
        too_long.visit_file(&syn::parse_str(&function(lines)).expect("Rust"));
        assert_eq!(too_long.0.len(), found, "{lines}");
    }
}
