//! One part of the work, to be counted: see the library.

use cartwheel_counted::{COUNTED, Warm};

/// As the engine's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let part = std::env::args().nth(1).unwrap_or_default();
    let (folder, what) = part.split_once('/').unwrap_or_default();
    let mut warm = Warm::new(folder);
    let before = warm.commands();
    match what {
        "decode" => println!("{} decoded", warm.measured_decode()),
        "turns" => warm.measured_turns(),
        "fire" => {
            warm = Warm::behind(folder);
            warm.measured_fire();
        }
        "checkpoint" => {
            warm = Warm::behind(folder);
            warm.measured_checkpoint();
        }
        _ => {
            eprintln!("usage: counted (peers|config)/(decode|turns|fire|checkpoint)");
            std::process::exit(2);
        }
    }
    println!("{part}: {COUNTED} events, {} messages", warm.commands() - before);
}
