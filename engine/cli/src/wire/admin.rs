//! The admin listener's configuration.

use crate::failure::{Failure, Fault};
use crate::settings::Loaded;
use cartwheel_providers::Secret;
use cartwheel_runtime::admin::{AccessError, AdminConfig, BindError, TokenConfig};
use std::net::SocketAddr;

/// The section `admin` as the listener at `listen` wants it.
///
/// # Errors
/// [`Failure::Config`] if nobody could ask anything: no token, and not `insecure_local`.
pub fn config(loaded: &Loaded, listen: SocketAddr) -> Result<AdminConfig, Failure> {
    let admin = &loaded.settings.admin;
    let wrong = |problem: String, help: &str| {
        Failure::config(loaded.fault(&["admin"], format!("admin: {problem}"), Some(help.into())))
    };
    let token = Secret::resolve(
        "token_sha256",
        admin.token_sha256.as_ref(),
        admin.token_sha256_file.as_deref(),
    )
    .map_err(|error| {
        wrong(error.to_string(), "the file must be readable by the user that runs cartwheel")
    })?;
    if token.is_none() && !admin.insecure_local {
        let help = "set admin.token_sha256_file (printf %s \"$TOKEN\" | sha256sum), or admin.insecure_local: true on a loopback address";
        return Err(wrong("nobody could ask anything: there is no token".into(), help));
    }
    let tokens = token.map(|hash| TokenConfig {
        name: "admin".into(),
        sha256: hash.reveal().to_owned(),
        personal_data: true,
    });
    Ok(AdminConfig {
        listen,
        tokens: tokens.into_iter().collect(),
        insecure_local: admin.insecure_local,
        open_metrics: admin.open_metrics,
    })
}

/// Why the listener did not start.
pub fn refusal(error: &BindError, loaded: &Loaded) -> Failure {
    match error {
        BindError::Access(error) => Failure::config(refused(loaded, error)),
        BindError::Listen { .. } => {
            let help = "another process may have the address: set admin.listen (for deliver: admin.deliver_listen); port 0 takes a free one";
            let key = ["admin", "listen"];
            Failure::config(loaded.fault(&key, error.to_string(), Some(help.into())))
        }
    }
}

/// Who may ask is not said as it must be.
pub fn refused(loaded: &Loaded, error: &AccessError) -> Fault {
    let help = match error {
        AccessError::NoToken => "set admin.token_sha256_file, or admin.insecure_local: true",
        AccessError::NotLoopback(_) => {
            "listen on 127.0.0.1, or take insecure_local away and set admin.token_sha256_file"
        }
        AccessError::BadHash(_) => {
            "write what `printf %s \"$TOKEN\" | sha256sum` says, without the file's name"
        }
    };
    loaded.fault(&["admin"], error.to_string(), Some(help.into()))
}
