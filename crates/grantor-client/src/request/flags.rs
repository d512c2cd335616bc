//! The state of an attempt beside its token, in one word.

use std::num::NonZeroU64;

use crate::config::origin::OriginId;
use crate::config::placement::BearerMethod;

/// Where the token went, how often the request was sent, and what for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::request) struct AttemptFlags(NonZeroU64);

impl AttemptFlags {
    /// Never zero.
    const SET: NonZeroU64 = NonZeroU64::MIN;
    const REPLACED: u64 = 1 << 1;
    const PINNED: u64 = 1 << 2;
    const SIGNED: u64 = 1 << 3;
    /// How often it was sent before.
    const RESENDS: u32 = 4;
    const ORIGIN: u32 = 8;
    const PLACEMENT: u32 = 16;

    #[inline]
    pub(in crate::request) fn first(origin: OriginId, placement: BearerMethod) -> Self {
        let placement = match placement {
            BearerMethod::Header => 0,
            BearerMethod::Query => 1,
            BearerMethod::Body => 2,
        };
        Self(Self::SET | (placement << Self::PLACEMENT) | (u64::from(origin) << Self::ORIGIN))
    }

    /// The next sending. Beyond what anybody sends it counts no further.
    pub(in crate::request) fn again(self) -> Self {
        if self.sends() > 8 {
            return self;
        }
        Self(self.0.saturating_add(1 << Self::RESENDS))
    }

    /// The next sending is one for a rejection.
    pub(in crate::request) fn replaced(self) -> Self {
        Self(self.0 | Self::REPLACED)
    }

    /// The slot of the token is held.
    pub(in crate::request) fn pinned(self) -> Self {
        Self(self.0 | Self::PINNED)
    }

    /// It carries a signature of its own in place of a token.
    pub(in crate::request) fn signed(self) -> Self {
        Self(self.0 | Self::SIGNED)
    }

    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(in crate::request) const fn is_signed(self) -> bool {
        self.0.get() & Self::SIGNED != 0
    }

    pub(in crate::request) const fn is_replaced(self) -> bool {
        self.0.get() & Self::REPLACED != 0
    }

    pub(in crate::request) const fn is_pinned(self) -> bool {
        self.0.get() & Self::PINNED != 0
    }

    /// How often the request was sent, this time included.
    pub(in crate::request) const fn sends(self) -> u8 {
        ((self.0.get() >> Self::RESENDS) & 0xf) as u8 + 1
    }

    #[inline]
    pub(in crate::request) const fn origin(self) -> OriginId {
        (self.0.get() >> Self::ORIGIN) as OriginId
    }

    pub(in crate::request) const fn placement(self) -> BearerMethod {
        match self.0.get() >> Self::PLACEMENT {
            0 => BearerMethod::Header,
            1 => BearerMethod::Query,
            _ => BearerMethod::Body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::origin::OriginIds;

    #[test]
    fn says_what_it_was_made_of() {
        for placement in [
            BearerMethod::Header,
            BearerMethod::Query,
            BearerMethod::Body,
        ] {
            for origin in [0, 1, OriginIds::LAST, OriginId::MAX] {
                let first = AttemptFlags::first(origin, placement);
                for (flags, sends, replaced, pinned) in [
                    (first, 1, false, false),
                    (first.again(), 2, false, false),
                    (first.again().replaced().again(), 3, true, false),
                    (first.pinned(), 1, false, true),
                ] {
                    assert_eq!((flags.origin(), flags.placement()), (origin, placement));
                    assert_eq!(flags.sends(), sends);
                    assert_eq!((flags.is_replaced(), flags.is_pinned()), (replaced, pinned));
                }
            }
        }
    }

    #[test]
    fn counts_no_further_than_it_has_room_for() {
        let first = AttemptFlags::first(7, BearerMethod::Query);
        let many = (0..100).fold(first, |flags, _| flags.again());
        assert_eq!((many.origin(), many.placement()), (7, BearerMethod::Query));
        assert!(many.sends() > 3);
    }
}
