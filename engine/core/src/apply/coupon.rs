//! The coupon of a message: its run is given a code with the first one that has a coupon of the pool, and keeps it.

use super::context::Context;
use crate::customer::Run;
use crate::journey::op::Send;
use compact_str::CompactString;

/// The code that a message carries, and of which pool it is.
pub(super) struct Coupon {
    /// The pool's name.
    pub pool: CompactString,
    /// The code.
    pub code: CompactString,
}

impl Context<'_> {
    /// Gives the run a code for the message, if that has a coupon and the run none yet. The gate has seen that there is one.
    pub fn take_coupon(&mut self, send: &Send, run: &mut Run) {
        let Some(offer) = send.coupon else { return };
        let journey = self.journey(run.journey);
        let place = journey.code_place(offer);
        let Some(pool) = journey.pools.get(usize::from(offer)) else { return };
        if run.coupon(place).is_none()
            && let Some(code) = self.pools.give(pool)
        {
            run.keep_coupon(place, code);
        }
    }

    /// The message is kept back: the run takes no code, and is as one that has its own from now on.
    pub fn forgo_coupon(&self, send: &Send, run: &mut Run) {
        if let Some(offer) = send.coupon {
            run.forgo_coupon(self.journey(run.journey).code_place(offer));
        }
    }

    /// The pool of which the message has a coupon.
    pub fn pool(&self, send: &Send, run: &Run) -> Option<CompactString> {
        self.journey(run.journey).pools.get(usize::from(send.coupon?)).cloned()
    }

    /// The coupon that the message carries.
    #[inline]
    pub fn coupon(&self, send: &Send, run: &Run) -> Option<Coupon> {
        // Most messages have none.
        send.coupon.and_then(|offer| self.code(send, run, offer))
    }

    #[inline(never)]
    fn code(&self, send: &Send, run: &Run, offer: u8) -> Option<Coupon> {
        let pool = self.pool(send, run)?;
        let code = run.coupon(self.journey(run.journey).code_place(offer))?.into();
        Some(Coupon { pool, code })
    }
}
