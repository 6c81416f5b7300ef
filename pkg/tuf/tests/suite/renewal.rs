//! Time passes: roles are signed again, and nobody has to start anew.

use jiff::Timestamp;
use scaffolding_tuf::{Repository, Versions};

use crate::state::{changed, days, json, policy, publish, published, start};

#[test]
fn nothing_is_done_in_the_first_half_of_every_life() {
    let state = published();
    for day in [0, 1, 89] {
        let now = start() + days(day);
        assert_eq!(state.next(None, &policy(), now).unwrap(), None, "day {day}");
    }
}

#[test]
fn a_role_past_half_its_life_is_signed_again_and_what_refers_to_it_too() {
    let mut state = published();
    let versions = |root, targets, snapshot, timestamp| Versions {
        root,
        targets,
        snapshot,
        timestamp,
    };
    for (day, expected) in [
        (90, versions(1, 1, 1, 2)),
        (183, versions(1, 2, 2, 3)),
        (1825, versions(2, 3, 3, 4)),
    ] {
        let renewed = state
            .next(None, &policy(), start() + days(day))
            .unwrap()
            .unwrap();
        assert_eq!(renewed.versions(), expected, "day {day}");
        publish(&mut state, renewed);
        assert_eq!(
            state.next(None, &policy(), start() + days(day)).unwrap(),
            None
        );
    }
}

#[test]
fn renewal_changes_no_target() {
    let state = published();
    let before = state.repository.as_ref().unwrap();
    let after = state
        .next(None, &policy(), start() + days(2000))
        .unwrap()
        .unwrap();
    let targets = |repository: &Repository| {
        json(&repository.files()["targets.json"])["signed"]["targets"].clone()
    };
    assert_eq!(targets(before), targets(&after));
}

#[test]
fn a_client_in_the_middle_of_an_update_finds_the_snapshot_it_was_told_of() {
    let state = published();
    let before = state.repository.as_ref().unwrap();
    let after = changed(&state, &["other.txt"], start() + days(200));
    let promised = before.files().iter().filter(|(path, _)| {
        path.starts_with("targets/") || path.starts_with(|first: char| first.is_ascii_digit())
    });
    for (path, bytes) in promised {
        assert_eq!(after.files().get(path), Some(bytes), "{path}");
    }
}

#[test]
fn ten_years_of_weekly_runs_never_let_a_role_expire() {
    let mut state = published();
    let mut runs_that_published = 0;
    for week in 0..=522 {
        let now = start() + days(7 * week);
        let before = state.repository.clone().unwrap();
        if let Some(renewed) = state.next(None, &policy(), now).unwrap() {
            let (old, new) = (before.versions(), renewed.versions());
            assert_eq!(old.max(new), new, "versions only go up");
            assert!(
                before
                    .files()
                    .keys()
                    .filter(|path| path.ends_with(".root.json"))
                    .all(|path| renewed.files().get(path) == before.files().get(path))
            );
            publish(&mut state, renewed);
            runs_that_published += 1;
        }
        // A week after the run, and with a month of runs missed.
        let repository = state.repository.as_ref().unwrap();
        for role in ["root", "targets", "snapshot", "timestamp"] {
            let expires =
                json(&repository.files()[&format!("{role}.json")])["signed"]["expires"].clone();
            let expires: Timestamp = expires.as_str().unwrap().parse().unwrap();
            assert!(expires > now + days(7 + 30), "{role} in week {week}");
        }
    }
    let last = state.repository.unwrap();
    // Renewed at half life: the root after five years and again after ten.
    assert_eq!(last.versions().root, 3);
    assert!(
        (35..=65).contains(&runs_that_published),
        "{runs_that_published}"
    );
    // Only roots accumulate.
    assert!(last.to_archive().unwrap().len() < 20_000);
    assert!(
        last.files()
            .keys()
            .filter(|path| path.ends_with(".snapshot.json"))
            .count()
            <= 2
    );
}

#[test]
fn versions_that_got_lost_on_the_way_are_gone_past() {
    let mut state = published();
    // A run that ended after it had recorded what it was about to publish.
    state.published = Versions {
        root: 2,
        targets: 2,
        snapshot: 5,
        timestamp: 7,
    };
    let renewed = state
        .next(None, &policy(), start() + days(1))
        .unwrap()
        .unwrap();
    assert_eq!(
        renewed.versions(),
        Versions {
            root: 2,
            targets: 3,
            snapshot: 6,
            timestamp: 8
        }
    );
}

#[test]
fn a_longer_life_is_taken_up_at_once() {
    let state = published();
    let mut policy = policy();
    policy.lifetimes.timestamp *= 4;
    let renewed = state.next(None, &policy, start()).unwrap().unwrap();
    assert_eq!(
        renewed.versions(),
        Versions {
            timestamp: 2,
            ..state.published
        }
    );
}
