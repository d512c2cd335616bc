use std::num::NonZeroU64;

use crate::config::origin::OriginId;
use crate::config::placement::BearerMethod;

/// Where the token went, and whether it is the second try already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct AttemptFlags(NonZeroU64);

impl AttemptFlags {
    /// Never zero.
    const SET: NonZeroU64 = NonZeroU64::MIN;
    const AGAIN: u64 = 1 << 1;
    const ORIGIN: u32 = 8;
    const PLACEMENT: u32 = 16;

    #[inline]
    pub(super) fn first(origin: OriginId, placement: BearerMethod) -> Self {
        let placement = match placement {
            BearerMethod::Header => 0,
            BearerMethod::Query => 1,
            BearerMethod::Body => 2,
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

    pub(super) const fn placement(self) -> BearerMethod {
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
                for (flags, again) in [(first, false), (first.again(), true)] {
                    let told = (flags.origin(), flags.placement(), flags.is_again());
                    assert_eq!(told, (origin, placement, again));
                }
            }
        }
    }
}
