//! The store's laws, as tests that any engine is put through. Nothing here assumes SQLite or a single writer.
//!
//! To add an engine: implement [`Engine`] in a file of its own and hand its type to [`contract!`].

mod apps;
mod corrupt;
mod expiry;
mod given;
mod laws;
mod log_in;
mod sqlite;
mod users;

use std::sync::Arc;

use passerby::store::Store;

/// An engine under test: one place that holds a store, empty at first.
pub(crate) trait Engine {
    /// An empty place.
    fn fresh() -> Self
    where
        Self: Sized;

    /// Opens what is there. Whoever opens it again drops the first one before.
    fn open(&self) -> Arc<dyn Store>;

    /// Does something to a store that nobody has open, in SQL that every engine understands.
    fn run(&self, sql: &str);
}

/// Closes a store, does something behind its back, and opens it again.
fn tampered(engine: &dyn Engine, store: Arc<dyn Store>, sql: &str) -> Arc<dyn Store> {
    drop(store);
    engine.run(sql);
    engine.open()
}

/// Makes each law a test of an engine. A law that is missing here is dead code, which the lints refuse.
macro_rules! contract {
    ($engine:ty) => {
        contract! { $engine;
            apps: {
                a_project_is_founded_once,
                a_new_app_is_found_as_it_was_made,
                a_taken_app_number_or_client_app_id_is_refused_whole,
                a_deployment_replaces_the_one_it_was_made_from,
                the_same_deployment_twice_is_one,
                files_are_listed_bytewise,
                a_directory_remembers_its_app_and_its_last_content,
                keys_are_added_and_retired,
                the_latest_time_only_moves_forward,
                an_examined_store_is_well,
            }
            corrupt: {
                an_impossible_user_is_corrupt,
                an_impossible_session_is_corrupt,
                an_app_without_its_deployment_is_corrupt,
            }
            expiry: {
                an_inactive_guest_goes_after_so_many_whole_days,
                an_old_guest_goes_to_the_second_when_age_counts,
                nobody_goes_when_the_policy_says_never,
                a_guest_who_was_seen_stays_until_the_days_have_passed_again,
                a_disabled_guest_goes_like_any_other,
                a_user_who_is_no_guest_any_more_stays,
                a_guest_goes_with_its_sessions_and_leaves_other_apps_alone,
                a_sweep_in_bites_removes_everybody_due_once,
                a_sweep_passes_survivors_in_bounded_bites,
                two_weeks_of_every_habit_end_as_the_rule_says,
            }
            laws: {
                what_was_answered_is_there_after_reopening,
                an_act_that_fails_half_way_leaves_its_neighbours_intact,
                dropping_the_answer_does_not_undo_the_act,
                of_two_apps_that_want_one_client_app_id_one_wins,
                of_two_deployments_of_one_configuration_one_wins,
                of_two_logins_with_one_user_id_one_wins,
                what_was_done_is_seen_by_every_ask,
                text_with_a_nul_is_refused,
                a_closed_store_refuses,
            }
            log_in: {
                a_login_makes_one_guest_with_one_session,
                a_login_says_nothing_of_a_device_it_was_not_told,
                the_same_login_twice_is_one,
                an_id_that_somebody_else_has_is_refused,
                a_device_is_kept_once,
                one_id_in_two_apps_is_two_users,
            }
            users: {
                logging_out_ends_one_session,
                disabling_ends_every_session,
                revoking_ends_every_session_and_keeps_the_user,
                a_deleted_user_is_gone,
                a_touch_moves_the_last_day_forward_only,
                a_touch_of_a_user_who_is_no_guest_changes_nothing,
                pages_ascend_bytewise,
                pages_can_be_narrowed,
            }
        }
    };
    ($engine:ty; $($room:ident: { $($law:ident,)* })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                let engine = <$engine as crate::contract::Engine>::fresh();
                crate::contract::$room::$law(&engine).await;
            }
        )*)*
    };
}
use contract;
