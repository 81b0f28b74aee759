//! The acts that every engine hands to its writer as they come: said once, as methods of the engine that says so.

// The names in them are those of the file where it is said.

/// Asks for each act as [`Store`](super::Store) says, and hands the value behind it to the writer.
macro_rules! hand_over {
    ($($ask:ident($($name:ident: $type:ty),+) -> $done:ty, $act:expr;)+) => {
        $(
            fn $ask(&self, $($name: $type),+) -> Answer<'_, $done> {
                self.parts.writer.submit($act)
            }
        )+
    };
}

/// What is done in apps.
macro_rules! store_acts {
    () => {
        $crate::store::hand_over::hand_over! {
            found(act: Found) -> GroupId, act;
            delete_draft(app: AppKey, draft: DraftId) -> bool, acts::DeleteDraft { app, draft };
            set_deploy_config(app: AppKey, config: String) -> bool, acts::SetDeployConfig { app, config };
            delete_app(app: AppKey) -> bool, acts::DeleteApp(app);
            clear_departed(limit: u32) -> bool, acts::ClearDeparted { limit };
            link(act: Link) -> Linked, act;
            import_users(act: ImportUsers) -> Imported, act;
            register(act: Register) -> bool, act;
            make_email_user(act: MakeEmailUser) -> MadeEmailUser, act;
            reset_email(act: ResetEmail) -> EmailReset, act;
            confirm(act: UseToken) -> bool, act;
            confirm_credential(app: AppKey, credential: CredentialId) -> bool,
                acts::ConfirmCredential { app, credential };
            renew_token(act: RenewToken) -> bool, act;
            reset_password(act: ResetPassword) -> bool, act;
            set_password(act: SetPassword) -> bool, act;
            delete_pending(app: AppKey, credential: CredentialId) -> bool,
                acts::DeletePending { app, credential };
            make_api_key(act: MakeApiKey) -> MadeApiKey, act;
            set_api_key_disabled(act: SetApiKeyDisabled) -> bool, act;
            delete_api_key(act: DeleteApiKey) -> bool, act;
            set_custom_data(act: SetCustomData) -> bool, act;
            set_secret(act: PutSecret) -> (), acts::SetSecret(act);
            make_secret(act: PutSecret) -> bool, acts::MakeSecret(act);
            change_secret(act: PutSecret) -> ChangedSecret, acts::ChangeSecret(act);
            delete_secret(app: AppKey, secret: SecretId) -> bool, acts::DeleteSecret { app, secret };
            allow_ip(act: PutAllowedIp) -> (), acts::AllowIp(act);
            change_allowed_ip(act: PutAllowedIp) -> bool, acts::ChangeAllowedIp(act);
            disallow_ip(app: AppKey, entry: AllowedIpId) -> bool, acts::DisallowIp { app, entry };
            set_refresh_token_seconds(app: AppKey, seconds: i64) -> bool,
                acts::SetRefreshTokenSeconds { app, seconds };
            put_redirect(act: PutRedirect) -> (), act;
            take_redirect(state: [u8; 32], now: Timestamp) -> Option<String>,
                acts::TakeRedirect { state, now };
            settle_event(act: SettleEvent) -> (), act;
            append_logs(act: AppendLogs) -> (), act;
            trim_logs(act: TrimLogs) -> u64, act;
            count_guest_logins(act: CountGuestLogins) -> (), act;
            log_out(act: LogOut) -> bool, act;
            touch(act: Touch) -> (), act;
            set_disabled(act: SetDisabled) -> bool, act;
            revoke_sessions(act: RevokeSessions) -> bool, act;
            delete_user(act: DeleteUser) -> bool, act;
            expire(act: Expire) -> Expired, act;
            put_guest_deletion(act: PutGuestDeletion) -> bool, act;
            add_key(act: AddKey) -> (), act;
            retire_key(act: RetireKey) -> bool, act;
            see_time(now: Timestamp) -> (), acts::SeeTime(now);
        }

        fn deploy(&self, act: Deploy) -> Answer<'_, ()> {
            match acts::Sealed::new(act) {
                Ok(act) => self.parts.writer.submit(act),
                Err(refused) => Box::pin(std::future::ready(Err(refused))),
            }
        }

        fn put_draft(&self, act: PutDraft) -> Answer<'_, ()> {
            match acts::SealedDraft::new(act) {
                Ok(act) => self.parts.writer.submit(act),
                Err(refused) => Box::pin(std::future::ready(Err(refused))),
            }
        }
    };
}

/// What is done with administrators.
macro_rules! admin_acts {
    () => {
        $crate::store::hand_over::hand_over! {
            keep_server_keys(keys: Vec<KeyRecord>) -> Vec<KeyRecord>, acts::KeepServerKeys(keys);
            make_admin(act: MakeAdmin) -> MadeAdmin, act;
            set_admin_disabled(admin: AdminId, disabled: bool) -> bool,
                acts::SetAdminDisabled { admin, disabled };
            delete_admin(admin: AdminId) -> bool, acts::DeleteAdmin(admin);
            set_role(act: SetRole) -> bool, act;
            make_admin_key(key: AdminKey) -> bool, key;
            revoke_admin_key(public_key: String) -> bool, acts::RevokeAdminKey(public_key);
            open_admin_session(act: OpenAdminSession) -> bool, act;
            end_admin_session(session: SessionId) -> bool, acts::EndAdminSession(session);
            make_project(project: Project) -> bool, project;
            rename_project(project: Project) -> Renamed, acts::RenameProject(project);
            note(act: Note) -> (), act;
        }
    };
}

pub(super) use {admin_acts, hand_over, store_acts};
