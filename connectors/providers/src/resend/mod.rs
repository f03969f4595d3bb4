//! E-mail through Resend (`POST /emails`).

mod client;
mod config;
mod request;
#[cfg(test)]
mod tests;

pub use client::Resend;
pub use config::ResendConfig;
