//! Time passes: the inputs that are published ask for nothing, and hold nothing up.

use crate::stack::{accepting, another_key, days, inputs, policy, published, start};

#[test]
fn nothing_is_done_in_the_first_half_of_every_life() {
    let state = published();
    for day in [0, 1, 89] {
        let now = start() + days(day);
        assert_eq!(state.next(None, &policy(), now).unwrap(), None, "day {day}");
        assert_eq!(
            state.next(Some(&inputs()), &policy(), now).unwrap(),
            None,
            "day {day}"
        );
    }
}

#[test]
fn a_client_in_the_middle_of_an_update_finds_the_snapshot_it_was_told_of() {
    let state = published();
    let before = state.repository.as_ref().unwrap();
    let mut inputs = inputs();
    inputs.rekor = vec![another_key()];
    let after = state
        .next(Some(&inputs), &accepting(), start() + days(200))
        .unwrap()
        .unwrap();
    let promised = before.files().iter().filter(|(path, _)| {
        path.starts_with("targets/") || path.starts_with(|first: char| first.is_ascii_digit())
    });
    for (path, bytes) in promised {
        assert_eq!(after.files().get(path), Some(bytes), "{path}");
    }
}
