//! Half-made states: whatever is missing of what a Job made is completed or refused.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Mutex,
};

use serde_json::{Value, json};

use super::{
    Story,
    cases::{Name, entries, record, run_all, without_digests},
};
use crate::{Kubernetes, Outcome};

/// A [`Story`] of which any part may be there when the Job starts.
pub trait States: Story {
    /// The entries with private keys, as `a-name an-entry`. One that ends in `-` stands for all
    /// whose names begin so.
    const KEYS: &[&str] = &[];
    /// The entries that the Job sets anew when it finds those of another key.
    const DERIVED: &[&str] = &[];
    /// Makes everything of which the test then takes parts away: lets the Job do it, or writes what
    /// another program has made.
    fn whole(&self) {
        self.job().run().assert(0, &["done"]);
    }
}

/// A scene with the whole, the names of its entries, and all objects there are.
fn whole<S: States>() -> (S, Vec<String>, Vec<Value>) {
    let scene = S::set();
    let before = entries(scene.kubernetes());
    scene.whole();
    let mut names: Vec<_> = entries(scene.kubernetes()).into_keys().collect();
    names.retain(|name| !before.contains_key(name));
    let objects = scene.kubernetes().objects();
    (scene, names, objects)
}

/// Which entries are there, a bit for each, and whether objects without any entry exist, too.
struct State {
    there: u32,
    with_empty_objects: bool,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let empty = if self.with_empty_objects {
            ", and empty objects"
        } else {
            ""
        };
        write!(f, "entries {:b}{empty}", self.there)
    }
}

/// Every subset of the entries; where that would be too many, every subset of each object's, the
/// others being there or not. What there is stays as it is, byte for byte.
pub fn what_is_missing_is_completed_or_refused<S: States>() {
    let (_, names, _) = whole::<S>();
    let objects = objects(&names);
    let mut cases = vec![];
    for there in 0..1 << names.len() {
        let is_part = |object: &&u32| ![0, **object].contains(&(there & **object));
        if names.len() > MOST_ENTRIES && objects.iter().filter(is_part).count() > 1 {
            continue;
        }
        let has_none = objects.iter().any(|object| there & object == 0);
        for with_empty_objects in [false, true].into_iter().take(1 + usize::from(has_none)) {
            cases.push(State {
                there,
                with_empty_objects,
            });
        }
    }
    let short: Vec<_> = names.iter().map(|name| without_digests(name)).collect();
    let mut rows = Rows {
        order: order::<S>(&short),
        names: short,
        outcomes: HashMap::new(),
    };
    // Each row is tried with all and with none of the entries that it leaves open.
    while !cases.is_empty() {
        rows.outcomes.extend(try_all::<S>(&cases));
        cases = rows.untried_ends();
    }
    record(FILE, |text| with_section(text, S::NAME, &rows.to_string()));
}

/// What the Job makes of each state.
fn try_all<S: States>(cases: &[State]) -> HashMap<u32, String> {
    let outcomes = Mutex::new(HashMap::new());
    run_all(cases, whole::<S>, |(scene, names, published), state| {
        set_state(scene.kubernetes(), published, names, state);
        let outcome = run(scene);
        let mut outcomes = outcomes.lock().expect("nobody panics with it");
        let other = outcomes.insert(state.there, outcome.clone());
        assert!(
            other.is_none_or(|other| other == outcome),
            "{outcome}, unlike with empty objects"
        );
    });
    outcomes.into_inner().expect("nobody panicked with it")
}

/// The entries of each object, a bit each.
fn objects(names: &[String]) -> Vec<u32> {
    let mut objects: BTreeMap<&str, u32> = BTreeMap::new();
    for (position, name) in names.iter().enumerate() {
        let (object, _) = name.rsplit_once(' ').unwrap_or_default();
        *objects.entry(object).or_default() |= 1 << position;
    }
    objects.into_values().collect()
}

/// Writes what was published with only some of its entries.
fn set_state(kubernetes: &Kubernetes, published: &[Value], names: &[String], state: &State) {
    for object in kubernetes.objects() {
        let name = Name::read(&object);
        if name.holds_entries() {
            kubernetes.delete(name.kind, name.namespace, name.name);
        }
    }
    let holds_entries = |object: &&Value| Name::read(object).holds_entries();
    for object in published.iter().filter(holds_entries) {
        let name = Name::read(object);
        let is_there = |entry: &str| {
            let own = names
                .iter()
                .position(|own| *own == format!("{name} {entry}"));
            own.is_none_or(|position| state.there & 1 << position != 0)
        };
        let mut some = object.clone();
        let mut left = 0;
        for field in ["data", "binaryData"] {
            if let Some(data) = some.get_mut(field).and_then(Value::as_object_mut) {
                data.retain(|entry, _| is_there(entry));
                left += data.len();
            }
        }
        some["metadata"] = json!({"namespace": name.namespace, "name": name.name});
        if left > 0 || state.with_empty_objects {
            kubernetes.apply(&some);
        }
    }
}

/// What the Job makes of a state.
fn run<S: States>(scene: &S) -> String {
    let kubernetes = scene.kubernetes();
    let (objects, before) = (kubernetes.objects(), entries(kubernetes));
    let outcome = scene.job().args(["--timeout=30s"]).run();
    let after = entries(kubernetes);
    for (name, value) in &before {
        let short = name.split_once('/').map_or("", |(_, short)| short);
        assert!(
            after.get(name) == Some(value) || S::DERIVED.contains(&short),
            "{name} isn't kept:\n{}",
            outcome.log
        );
    }
    if outcome.code == 3 {
        kubernetes.assert_unchanged(&objects);
        return format!("refused: {}", refusal(&outcome));
    }
    outcome.assert(0, &["done"]);
    scene.verify();
    let is_new = |name: &&String| is_key::<S>(name) && !before.contains_key(*name);
    if after.keys().any(|name| is_new(&name)) {
        return "completed, with a new key".into();
    }
    "completed".into()
}

/// The sentence, without what differs from one run to another.
fn refusal(outcome: &Outcome) -> String {
    let last = outcome.log.trim_end().lines().last().unwrap_or_default();
    let sentence = last.split_once("refused: ");
    let (_, sentence) = sentence.unwrap_or_else(|| panic!("no refusal:\n{}", outcome.log));
    without_digests(sentence)
}

fn is_key<S: States>(name: &str) -> bool {
    let entry = name.split_once('/').map_or(name, |(_, entry)| entry);
    let is_named = |key: &&str| entry == *key || key.ends_with('-') && entry.starts_with(key);
    S::KEYS.iter().any(is_named)
}

/// The positions of the entries, those of private keys first.
fn order<S: States>(names: &[String]) -> Vec<usize> {
    let mut order: Vec<_> = (0..names.len()).collect();
    order.sort_by_key(|position| !is_key::<S>(&names[*position]));
    order
}

/// The outcomes as a table with few rows, of which each state fits one.
struct Rows {
    names: Vec<String>,
    outcomes: HashMap<u32, String>,
    order: Vec<usize>,
}

/// States that have some entries and lack others; of the rest, any may be there.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Cube {
    there: u32,
    missing: u32,
}

/// How many rows a cube needs, and which entry divides it, or the one outcome of all states in it
/// that were tried.
#[derive(Clone, Copy)]
struct Plan<'a> {
    rows: usize,
    entry: Option<usize>,
    outcome: Option<&'a str>,
    tried: usize,
}

impl Rows {
    /// How to divide a cube, entry by entry, so that it takes the fewest rows.
    fn plan<'a>(&'a self, cube: Cube, plans: &mut HashMap<Cube, Plan<'a>>) -> Plan<'a> {
        if let Some(plan) = plans.get(&cube) {
            return *plan;
        }
        let outcome = self.outcomes.get(&cube.there).map(String::as_str);
        let tried = usize::from(outcome.is_some());
        let mut best = Plan {
            rows: tried,
            entry: None,
            outcome,
            tried,
        };
        let decided = cube.there | cube.missing;
        for &entry in self
            .order
            .iter()
            .filter(|entry| decided & 1 << **entry == 0)
        {
            let [yes, no] = cube.halves(entry).map(|half| self.plan(half, plans));
            let tried = yes.tried + no.tried;
            let is_one = [yes, no].iter().all(|half| half.entry.is_none())
                && (yes.outcome == no.outcome || yes.tried == 0 || no.tried == 0);
            if is_one {
                best = Plan {
                    rows: tried.min(1),
                    entry: None,
                    outcome: yes.outcome.or(no.outcome),
                    tried,
                };
                break;
            }
            let rows = yes.rows + no.rows;
            if best.entry.is_none() || rows < best.rows {
                best = Plan {
                    rows,
                    entry: Some(entry),
                    outcome: None,
                    tried,
                };
            }
        }
        plans.insert(cube, best);
        best
    }

    /// The rows: each a cube, the one outcome in it, and how many states in it were tried.
    fn rows(&self) -> Vec<(Cube, &str, usize)> {
        let mut plans = HashMap::new();
        let mut rows = vec![];
        let mut cubes = vec![Cube {
            there: 0,
            missing: 0,
        }];
        while let Some(cube) = cubes.pop() {
            let plan = self.plan(cube, &mut plans);
            match (plan.entry, plan.outcome) {
                (Some(entry), _) => cubes.extend(cube.halves(entry).into_iter().rev()),
                (None, Some(outcome)) => rows.push((cube, outcome, plan.tried)),
                (None, None) => (),
            }
        }
        rows
    }

    /// The states with all or none of the entries that a row leaves open, if they weren't tried.
    fn untried_ends(&self) -> Vec<State> {
        let all = (1 << self.names.len()) - 1;
        let ends = |(cube, ..): &(Cube, &str, usize)| [cube.there, all & !cube.missing];
        let mut ends: Vec<u32> = self.rows().iter().flat_map(ends).collect();
        ends.retain(|there| !self.outcomes.contains_key(there));
        ends.sort_unstable();
        ends.dedup();
        let state = |there| State {
            there,
            with_empty_objects: false,
        };
        ends.into_iter().map(state).collect()
    }

    /// The entries, by the names of their objects.
    fn named(&self, some: u32) -> String {
        let mut objects: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (position, name) in self.names.iter().enumerate() {
            if some & 1 << position != 0 {
                let (_, name) = name.split_once('/').unwrap_or_default();
                let (object, entry) = name.split_once(' ').unwrap_or_default();
                objects.entry(object).or_default().push(entry);
            }
        }
        let objects = objects
            .iter()
            .map(|(object, entries)| format!("{object}: `{}`", entries.join("` `")));
        let objects: Vec<_> = objects.collect();
        match objects.is_empty() {
            true => "–".into(),
            false => objects.join("; "),
        }
    }
}

impl Cube {
    fn halves(self, entry: usize) -> [Self; 2] {
        let Self { there, missing } = self;
        let bit = 1 << entry;
        [
            Self {
                there: there | bit,
                missing,
            },
            Self {
                there,
                missing: missing | bit,
            },
        ]
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| there | missing | tried | outcome |\n|---|---|---|---|"
        )?;
        for (cube, outcome, tried) in self.rows() {
            let [there, missing] = [cube.there, cube.missing].map(|some| self.named(some));
            writeln!(f, "| {there} | {missing} | {tried} | {outcome} |")?;
        }
        Ok(())
    }
}

/// The file's text with another section under the heading `name`.
fn with_section(text: &str, name: &str, section: &str) -> String {
    let heading = format!("## {name}\n");
    let (before, rest) = match text.split_once(&heading) {
        Some((before, rest)) => (before.to_owned(), rest),
        None => (format!("{text}\n"), ""),
    };
    let after = rest.find("\n## ").map_or("", |start| &rest[start..]);
    format!("{before}{heading}\n{section}{after}")
}

const FILE: &str = "docs/states.md";
/// Up to so many entries, every subset of them is tried.
const MOST_ENTRIES: usize = 8;
