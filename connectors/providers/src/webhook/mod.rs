//! A signed call of the retailer's own endpoint.

mod client;
mod config;
mod destination;
mod request;
#[cfg(test)]
mod tests;

pub use client::{Clock, Webhook};
pub use config::WebhookConfig;
pub use request::{SIGNATURE, signature};
