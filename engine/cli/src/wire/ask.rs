//! Asks the admin API of a running engine.

use crate::failure::{Failure, Fault};
use crate::flags::AdminFlags;
use cartwheel_providers::Secret;
use reqwest::{Client, StatusCode, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// The environment variable with the bearer token.
pub const TOKEN: &str = "CARTWHEEL_ADMIN_TOKEN";
/// The listener answers within five seconds or says that it cannot.
const PATIENCE: Duration = Duration::from_secs(10);

/// One engine's admin API.
pub struct Engine {
    base: Url,
    token: Option<Secret>,
}

/// `{"error":{"code":...,"message":...}}`.
#[derive(Deserialize)]
struct Problem {
    error: Said,
}

#[derive(Deserialize)]
struct Said {
    message: String,
}

impl Engine {
    /// The engine that the flags name, else the one of the settings (`listen`, read only then).
    ///
    /// # Errors
    /// [`Failure::Config`] for an address or token file that cannot be used, and what `listen` says.
    pub fn named(
        flags: &AdminFlags,
        listen: impl FnOnce() -> Result<SocketAddr, Failure>,
    ) -> Result<Self, Failure> {
        let address = match &flags.admin {
            Some(url) => url.clone(),
            None => format!("http://{}", reachable(listen()?)),
        };
        let help = || Some("write it such as http://127.0.0.1:9464".to_owned());
        let wrong = |error: String| {
            Failure::config(Fault::new(
                format!("the address {address} cannot be used: {error}"),
                help(),
            ))
        };
        let base = Url::parse(&address).map_err(|error| wrong(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(wrong("it is not http or https".into()));
        }
        Ok(Self { base, token: token(flags.token_file.as_deref())? })
    }

    /// Where it is asked.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Asks for `/api/v1/` and these segments; each is percent-encoded.
    ///
    /// # Errors
    /// [`Failure::Data`] if there is no such thing, [`Failure::Config`] if a token is needed, else [`Failure::Unavailable`].
    pub fn get<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1"]).extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (status, body) =
            runtime.block_on(self.fetch(url)).map_err(|error| self.silent(&error))?;
        if status.is_success() {
            let help = "is this the admin address of an engine of this version?";
            return serde_json::from_slice(&body).map_err(|error| {
                Failure::unavailable(
                    format!("{} answers what cannot be read: {error}", self.base),
                    help,
                )
            });
        }
        let said = serde_json::from_slice::<Problem>(&body)
            .map_or_else(|_| status.to_string(), |problem| problem.error.message);
        Err(self.refused(status, said))
    }

    async fn fetch(&self, url: Url) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        let mut request = client.get(url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.reveal());
        }
        let answer = request.send().await?;
        Ok((answer.status(), answer.bytes().await?.to_vec()))
    }

    fn silent(&self, error: &reqwest::Error) -> Failure {
        let why =
            std::iter::successors(std::error::Error::source(error), |error| error.source()).last();
        let why = why.map_or_else(|| error.to_string(), ToString::to_string);
        let help =
            "start one with `cartwheel run`, or name a running one with --admin http://HOST:PORT";
        Failure::unavailable(format!("no engine answers at {}: {why}", self.base), help)
    }

    fn refused(&self, status: StatusCode, said: String) -> Failure {
        let fault = |help: &str| Fault::new(said.clone(), Some(help.into()));
        match status {
            StatusCode::NOT_FOUND => Failure::Data(vec![fault(
                "is this the admin address of an engine of this version?",
            )]),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failure::config(fault(&format!(
                "give the token in {TOKEN} or with --token-file FILE"
            ))),
            _ => Failure::Unavailable(fault(
                "where several engines run, ask the one that has the partition: --admin http://HOST:PORT",
            )),
        }
    }
}

/// The token of the file, else of the environment.
fn token(file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let inline = match file {
        Some(_) => None,
        None => std::env::var(TOKEN).ok().filter(|token| !token.is_empty()).map(Secret::new),
    };
    Secret::resolve("token-file", inline.as_ref(), file).map_err(|error| {
        let help = "name a file that holds the token alone, and that you may read";
        Failure::config(Fault::new(format!("--{error}"), Some(help.into())))
    })
}

/// A listener on all addresses is reached on this machine's own.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    listen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_on_all_addresses_is_asked_here() {
        for (listen, asked) in [
            ("0.0.0.0:9464", "127.0.0.1:9464"),
            ("[::]:1", "[::1]:1"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        let none = || panic!("the settings are not read where an address is given");
        for url in ["9464", "ftp://host", "localhost:9464"] {
            let flags = AdminFlags { admin: Some(url.into()), token_file: None };
            assert!(matches!(Engine::named(&flags, none), Err(Failure::Config(_))), "{url}");
        }
    }
}
