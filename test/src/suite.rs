//! What every Job's tests have in common.
//!
//! A Job's test file says how to set its scene, and [`job_tests!`](crate::job_tests) does the rest:
//! each test sets the scene anew, lets something go wrong in it, runs the binary and looks at what
//! it left behind.

mod cases;
mod every;
mod matrix;
mod own;
mod pair;
mod states;

use crate::{Calls, Kubernetes, Process};

pub use every::*;
pub use matrix::*;
pub use own::*;
pub use pair::*;
pub use states::*;

/// A cluster in which a Job would succeed.
pub trait Scene: Sized {
    /// Sets the scene: a new cluster.
    fn set() -> Self;
    /// Its API server.
    fn kubernetes(&self) -> &Kubernetes;
    /// The Job as `config/` has it, with the addresses of the servers of this scene.
    fn job(&self) -> Process<'_>;
    /// Checks what a successful run left outside the API server.
    fn check(&self) {}
    /// The servers it calls, as its messages name them, the API server first.
    fn servers(&self) -> Vec<(&'static str, &Calls)> {
        vec![("the API server", &self.kubernetes().calls)]
    }
}

/// The tests that every Job has to pass.
#[macro_export]
macro_rules! job_tests {
    ($scene:ty) => {
        $crate::job_tests!($scene:
            second_run_changes_nothing,
            no_gate_opens_half,
            eight_at_once_end_as_one,
            waits_for_whatever_server_is_down,
            gives_up_at_the_deadline_and_says_what_was_missing,
            nobody_at_the_api_servers_address_is_waited_for,
            missing_rights_are_named,
            a_policy_that_wants_labels_is_content,
            a_signal_ends_it,
            wrong_flags_are_named,
            flags_with_one_dash_work,
            a_log_for_collectors_names_objects_in_fields,
            help_and_version_need_no_cluster,
        );
    };
    ($scene:ty: $($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                $crate::suite::$name::<$scene>();
            }
        )*
    };
}

/// The tests of a Job whose end can be checked, in one of its forms.
#[macro_export]
macro_rules! story_tests {
    ($scene:ty) => {
        $crate::job_tests!($scene:
            whatever_happens_to_any_request_the_next_run_ends_as_if_it_had_not,
            no_retry_is_hotter_than_the_runtimes,
        );
    };
}

/// The tests of a Job which may find any part of what it makes.
#[macro_export]
macro_rules! states_tests {
    ($scene:ty) => {
        $crate::job_tests!($scene: what_is_missing_is_completed_or_refused);
    };
}

/// The tests that every Job with a private and a public Secret has to pass.
#[macro_export]
macro_rules! pair_tests {
    ($scene:ty) => {
        $crate::job_tests!($scene:
            an_empty_value_counts_as_missing,
            a_broken_key_is_refused,
            a_wrong_password_is_refused,
            a_broken_public_half_is_repaired,
            a_public_half_of_another_key_is_refused,
            a_key_under_another_name_is_refused_with_the_command_that_renames_it,
            a_key_of_ones_own_is_waited_for,
            a_key_is_of_a_kind_that_clients_verify,
            foreign_entries_and_labels_are_kept,
            what_changes_between_reading_and_writing_is_kept,
            an_immutable_secret_that_lacks_an_entry_is_refused,
            a_secret_without_room_is_refused,
            missing_update_rights_are_named,
            the_namespace_must_be_given,
        );
    };
}
