//! The store's laws, as tests that any engine is put through. Nothing here assumes SQLite or a single writer.
//!
//! To add an engine: implement [`Engine`] in a file of its own and hand its type to [`contract!`].

mod admins;
mod api_keys;
mod apps;
mod corrupt;
mod credentials;
mod drafts;
mod events;
mod expiry;
pub(crate) mod given;
mod identities;
mod imports;
mod keepings;
mod laws;
mod link;
mod log_in;
mod logs;
mod model;
mod pages;
mod postgres;
mod races;
mod sqlite;
mod tallies;
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

    /// How bytes are written in that SQL, which is where every engine differs.
    fn bytes(&self, bytes: &[u8]) -> String;
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
            admins: {
                the_first_administrator_is_made_once,
                an_address_is_one_administrators,
                a_key_pair_is_found_by_either_half_until_it_is_revoked,
                a_session_is_opened_by_who_may_and_ends,
                the_sessions_of_an_administrator_are_its_own,
                a_deleted_administrator_leaves_nothing_behind,
                roles_are_given_and_taken_where_both_are_there,
                projects_have_names_of_their_own,
                the_servers_keys_are_kept_once,
                the_audit_log_is_read_backwards_and_forgets_what_is_old,
                administrators_survive_reopening_and_take_no_nul,
                an_impossible_role_is_corrupt,
            }
            api_keys: {
                a_key_of_a_user_logs_its_owner_in,
                a_server_key_comes_with_its_user,
                an_owner_has_so_many_keys_of_different_names,
                only_an_enabled_user_who_is_no_guest_makes_keys,
                a_disabled_key_logs_nobody_in,
                a_deleted_key_logs_nobody_in,
                a_deleted_user_takes_its_keys_along,
                a_value_or_id_that_another_key_has_is_refused,
            }
            apps: {
                a_project_is_founded_once,
                a_new_app_is_found_as_it_was_made,
                a_taken_app_number_or_client_app_id_is_refused_whole,
                a_deployment_replaces_the_one_it_was_made_from,
                the_same_deployment_twice_is_one,
                secrets_come_with_a_deployment_once,
                files_are_listed_bytewise,
                a_directory_remembers_its_app_and_its_last_content,
                keys_are_added_and_retired,
                the_latest_time_only_moves_forward,
                an_examined_store_is_well,
            }
            corrupt: {
                an_impossible_user_is_corrupt,
                an_impossible_identity_is_corrupt,
                a_claim_without_its_user_is_corrupt,
                an_impossible_event_is_corrupt,
                an_impossible_session_is_corrupt,
                an_app_without_its_deployment_is_corrupt,
            }
            credentials: {
                a_registration_waits_for_its_confirmation,
                an_address_that_somebody_has_is_not_registered,
                a_lapsed_registration_loses_its_address_and_stays_listed,
                who_lost_an_address_has_it_again_once_it_is_free,
                a_confirmation_token_is_good_once_and_in_its_time,
                a_new_token_takes_the_place_of_the_old_one_of_its_purpose,
                a_reset_token_sets_the_password_once_and_ends_every_session,
                a_password_that_is_set_ends_sessions_and_voids_reset_tokens,
                a_password_that_changed_since_it_was_checked_proves_nobody,
                only_what_has_no_user_is_deleted_as_pending,
                pending_credentials_are_listed_by_page,
                a_credential_that_is_gone_or_unconfirmed_proves_nobody,
                a_deleted_user_takes_its_credential_along,
            }
            drafts: {
                a_draft_changes_nothing_that_is_live,
                an_admin_has_one_draft_of_an_app,
                a_change_of_a_draft_that_changed_is_refused,
                a_draft_becomes_a_deployment_in_one_act,
                the_newest_deployments_are_kept_with_their_files,
                how_an_app_deploys_is_kept,
                what_is_said_of_a_deletion_takes_the_place_of_what_was_read,
                an_app_that_is_deleted_is_gone_at_once_and_its_rows_in_bites,
            }
            events: {
                logins_and_links_keep_the_events_that_are_asked_for,
                an_act_that_is_refused_keeps_no_event,
                a_new_server_user_is_an_event,
                who_was_deleted_is_told_as_it_was,
                guests_who_expire_are_told_as_they_were,
                an_event_stays_until_it_is_settled,
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
            identities: {
                a_first_login_makes_the_user_of_an_identity,
                a_later_login_finds_the_user_and_renews_what_is_told,
                the_same_login_of_somebody_twice_is_one,
                an_identity_is_compared_byte_for_byte_within_its_provider_and_app,
                somebody_who_is_disabled_is_kept_out,
                a_login_that_is_refused_leaves_what_was_told,
                who_was_deleted_comes_back_as_somebody_new,
                a_touch_moves_the_last_second_of_somebody_forward_only,
                logging_out_ends_one_session_of_somebody,
                an_app_keeps_data_of_guests_and_others,
                pages_tell_guests_from_others,
                whatever_a_provider_tells_of_somebody_is_kept,
            }
            imports: {
                who_comes_is_found_as_it_was,
                the_same_import_twice_is_one,
                an_identity_that_somebody_has_stays_theirs,
                an_address_comes_without_a_password_and_is_its_users,
                a_registration_comes_without_a_password,
                a_registration_that_came_becomes_its_users,
                a_guest_that_came_becomes_somebody_by_a_newer_list,
                an_import_that_fails_half_way_brings_nobody,
                a_guest_that_came_goes_so_many_days_after_it_came,
                an_app_does_not_take_anothers_domain,
            }
            keepings: {
                secrets_are_set_by_name_and_keep_their_ids,
                a_secret_is_made_and_changed_by_id,
                an_access_list_is_kept_with_its_app,
                an_app_keeps_how_long_its_sessions_last,
                a_redirect_comes_back_once_and_in_its_time,
                lapsed_redirects_do_not_gather,
            }
            laws: {
                what_was_answered_is_there_after_reopening,
                an_act_that_fails_half_way_leaves_its_neighbours_intact,
                a_link_that_fails_half_way_leaves_the_guest_one,
                dropping_the_answer_does_not_undo_the_act,
                dropping_the_answer_does_not_undo_a_link,
                of_two_apps_that_want_one_client_app_id_one_wins,
                of_two_deployments_of_one_configuration_one_wins,
                of_two_logins_with_one_user_id_one_wins,
                what_was_done_is_seen_by_every_ask,
                text_with_a_nul_is_refused,
                a_closed_store_refuses,
            }
            link: {
                a_guest_becomes_someone_and_stays_who_it_is,
                a_brought_anonymous_identity_keeps_its_id,
                the_first_link_ends_sessions_that_had_no_end,
                identities_stand_in_the_order_in_which_they_came,
                a_link_that_was_done_renews_what_is_told,
                an_identity_of_somebody_else_is_not_linked,
                a_user_has_one_email_at_most,
                a_server_user_is_not_linked,
                who_is_gone_or_disabled_is_not_linked,
                a_session_that_is_over_links_nothing,
                a_link_moves_the_activity_forward_only,
            }
            log_in: {
                a_login_makes_one_guest_with_one_session,
                a_login_says_nothing_of_a_device_it_was_not_told,
                the_same_login_twice_is_one,
                an_id_that_somebody_else_has_is_refused,
                a_device_is_kept_once,
                one_id_in_two_apps_is_two_users,
            }
            logs: {
                entries_come_back_as_they_were_the_newest_first,
                the_same_entries_twice_are_there_once,
                a_log_is_narrowed_in_every_way,
                old_entries_go_in_bites,
                guests_are_counted_once_whatever_is_told_again,
                entries_outlive_their_user,
            }
            model: {
                every_short_story_ends_as_the_model_says,
                long_stories_at_random_go_as_the_model_says,
            }
            pages: {
                a_page_holds_whom_its_filters_say_in_its_order,
                who_is_sought_is_found_by_address_name_and_id,
                an_administrator_makes_a_user_with_an_address,
                an_address_is_changed_with_all_that_knows_it,
            }
            races: {
                a_guest_who_links_while_it_expires_stays_or_never_was,
                of_two_guests_who_link_one_identity_one_wins,
                of_a_link_and_a_login_that_want_one_identity_one_wins,
                first_logins_with_one_identity_make_one_user,
                one_email_is_linked_to_one_of_two_guests,
                one_address_is_registered_once,
                of_an_import_and_a_registration_that_want_one_address_one_has_it,
                a_confirmation_and_whoever_takes_the_address_over_exclude_each_other,
                a_token_is_used_by_one_of_many,
                a_redirect_comes_back_to_one_of_many,
                keys_made_at_once_keep_their_limit_and_names,
                a_login_that_meets_a_deletion_comes_before_it_or_is_somebody_new,
                an_email_that_is_deleted_while_it_is_linked_goes_or_stays_whole,
            }
            tallies: {
                an_app_that_nobody_used_has_nothing_counted,
                guests_are_counted_by_what_becomes_of_them,
                a_guest_whose_login_was_not_noted_is_missing_alone,
                an_impossible_count_is_corrupt,
                whatever_happens_is_counted_as_a_look_at_everybody_says,
            }
            users: {
                logging_out_ends_one_session,
                disabling_ends_every_session,
                revoking_ends_every_session_and_keeps_the_user,
                a_deleted_user_is_gone,
                a_touch_moves_the_last_day_forward_only,
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
