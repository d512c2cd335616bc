use std::num::NonZeroU64;

use super::placement::Placement;
use crate::config::origin::OriginId;

/// Where the token went, and whether it is the second try already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct How(NonZeroU64);

impl How {
    /// Never zero.
    const SET: NonZeroU64 = NonZeroU64::MIN;
    const AGAIN: u64 = 1 << 1;
    const ORIGIN: u32 = 8;
    const PLACEMENT: u32 = 16;

    #[inline]
    pub(super) fn first(origin: OriginId, placement: Placement) -> Self {
        let placement = match placement {
            Placement::Header => 0,
            Placement::Query => 1,
            Placement::Body => 2,
        };
        Self(Self::SET | (placement << Self::PLACEMENT) | (u64::from(origin) << Self::ORIGIN))
    }

    pub(super) fn again(self) -> Self {
        Self(self.0 | Self::AGAIN)
    }

    pub(super) const fn is_again(self) -> bool {
        self.0.get() & Self::AGAIN != 0
    }

    #[inline]
    pub(super) const fn origin(self) -> OriginId {
        (self.0.get() >> Self::ORIGIN) as OriginId
    }

    pub(super) const fn placement(self) -> Placement {
        match self.0.get() >> Self::PLACEMENT {
            0 => Placement::Header,
            1 => Placement::Query,
            _ => Placement::Body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::origin::OriginIds;

    #[test]
    fn says_what_it_was_made_of() {
        for placement in [Placement::Header, Placement::Query, Placement::Body] {
            for origin in [0, 1, OriginIds::LAST, OriginId::MAX] {
                let first = How::first(origin, placement);
                for (how, again) in [(first, false), (first.again(), true)] {
                    let told = (how.origin(), how.placement(), how.is_again());
                    assert_eq!(told, (origin, placement, again));
                }
            }
        }
    }
}
