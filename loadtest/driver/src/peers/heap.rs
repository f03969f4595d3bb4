//! The smallest heap at which a peer is nearly as fast as with plenty: memory is compared at that one.

use super::stage::Stage;
use super::system::System;
use crate::Error;

/// Plenty, MiB.
const PLENTY: u32 = 4_096;
/// The least that is tried, MiB, and how finely.
const LEAST: u32 = 256;
const STEP: u32 = 128;
/// This share of the speed must be left.
const ENOUGH: f64 = 0.9;

/// Halves the span between too little and enough. Each size runs beside one with plenty, because the machine itself drifts.
pub(super) fn smallest(stage: &mut Stage<'_>, system: System) -> Result<u32, Error> {
    search(|size| {
        let plenty = rate(stage, system, PLENTY)?.ok_or_else(|| {
            Error::Config(format!("{system} does not even run with {PLENTY} MiB of heap"))
        })?;
        let share = rate(stage, system, size)?.map_or(0.0, |rate| rate / plenty);
        eprintln!("{system} with {size} MiB of heap: {share:.2} of its speed with {PLENTY} MiB");
        Ok(share >= ENOUGH)
    })
}

/// Events a second; none where the heap is too small to send what must be sent.
fn rate(stage: &mut Stage<'_>, system: System, size: u32) -> Result<Option<f64>, Error> {
    match stage.run(system, &format!("{size}m")) {
        Ok(figures) => Ok(figures.difference.is_none().then(|| figures.rate())),
        // It ended: there was no memory left.
        Err(Error::Child { what, .. }) => {
            eprintln!("{what}");
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn search(mut enough: impl FnMut(u32) -> Result<bool, Error>) -> Result<u32, Error> {
    let (mut low, mut high) = (LEAST / STEP, PLENTY / STEP);
    while low < high {
        let middle = low.midpoint(high);
        if enough(middle * STEP)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(high * STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_ends_at_the_first_that_is_enough() {
        for wanted in [LEAST, 640, 1_024, PLENTY] {
            let mut asked = 0;
            let found = search(|size| {
                asked += 1;
                Ok(size >= wanted)
            });
            assert_eq!(found.unwrap(), wanted);
            assert!(asked <= 5);
        }
    }
}
