//! Which module of a crate imports which.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use syn::{
    Item, ItemUse, UseTree,
    visit::{self, Visit},
};

/// Paths such as `crate::log::usable`, as far as they are written out.
#[derive(Default)]
struct Imports(Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.0.extend(flat(&item.tree));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter();
        self.0
            .push(segments.map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }
}

/// The paths of a `use`.
fn flat(tree: &UseTree) -> Vec<Vec<String>> {
    let below = |first: String, rest: &UseTree| {
        let rest = flat(rest).into_iter();
        rest.map(|path| [vec![first.clone()], path].concat())
            .collect()
    };
    match tree {
        UseTree::Path(path) => below(path.ident.to_string(), &path.tree),
        UseTree::Name(name) => vec![vec![name.ident.to_string()]],
        UseTree::Rename(rename) => vec![vec![rename.ident.to_string()]],
        UseTree::Glob(_) => vec![vec![]],
        UseTree::Group(group) => group.items.iter().flat_map(flat).collect(),
    }
}

/// In which module of the crate each name is defined that its root hands on.
fn handed_on(root: &syn::File) -> BTreeMap<String, String> {
    let uses = root.items.iter().filter_map(|item| match item {
        Item::Use(item) => Some(flat(&item.tree)),
        _ => None,
    });
    let paths = uses.flatten().filter_map(|path| match &path[..] {
        [module, .., name] => Some((name.clone(), module.clone())),
        _ => None,
    });
    paths.collect()
}

/// The modules that each module of the crate in `folder` imports. The root imports all of them, and
/// doesn't count.
fn imports(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut modules: BTreeMap<String, Imports> = BTreeMap::new();
    let mut handed_on = BTreeMap::new();
    for file in crate::files(folder, "rs") {
        let syntax = crate::parsed(&file);
        let path = file
            .strip_prefix(folder)
            .expect("a file in it")
            .with_extension("");
        let module = path
            .iter()
            .next()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        match module.as_str() {
            "lib" | "main" => handed_on.extend(self::handed_on(&syntax)),
            "bin" => (),
            _ => modules.entry(module).or_default().visit_file(&syntax),
        }
    }
    let imported = |paths: &Imports| {
        let of_the_crate = paths.0.iter().filter_map(|path| match &path[..] {
            [first, second, ..] if ["crate", "super"].contains(&first.as_str()) => Some(second),
            _ => None,
        });
        let named = of_the_crate.map(|name| handed_on.get(name).unwrap_or(name));
        named
            .filter(|name| modules.contains_key(*name))
            .cloned()
            .collect()
    };
    let all = modules.iter();
    all.map(|(module, paths)| (module.clone(), imported(paths)))
        .collect()
}

/// A module from which a chain of imports leads back to it.
fn circle(imports: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<&String>> {
    fn from<'a>(
        imports: &'a BTreeMap<String, BTreeSet<String>>,
        chain: &mut Vec<&'a String>,
    ) -> bool {
        let last = *chain.last().expect("it begins with one");
        for next in imports[last].iter().filter(|next| *next != last) {
            let closes = chain.contains(&next);
            chain.push(next);
            if closes || from(imports, chain) {
                return true;
            }
            chain.pop();
        }
        false
    }
    imports.keys().find_map(|module| {
        let mut chain = vec![module];
        from(imports, &mut chain).then_some(chain)
    })
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let manifests = crate::files(&crate::root(), "toml");
    let sources = manifests
        .iter()
        .map(|manifest| manifest.with_file_name("src"));
    let mut sources: Vec<_> = sources.filter(|source| source.is_dir()).collect();
    sources.dedup();
    assert!(sources.len() > 20, "{sources:#?}");
    for source in sources {
        assert_eq!(circle(&imports(&source)), None, "{}", source.display());
    }
}

#[test]
fn a_circle_is_found() {
    let imports = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        let pairs = pairs.iter();
        pairs
            .map(|(module, imported)| {
                let imported = imported.iter().copied().map(String::from);
                (String::from(*module), imported.collect())
            })
            .collect()
    };
    assert_eq!(
        circle(&imports(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])),
        None
    );
    assert!(circle(&imports(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])).is_some());
}
