//! Lifetimes that may have no end.

use std::time::Duration;

use grantor_core::Timestamp;

/// How long a refresh token or a grant lasts. Access tokens always end, and have a [`Duration`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Lifetime {
    /// It ends after this time.
    EndsAfter(Duration),
    /// It lasts until somebody ends it. RFC 6749 section 1.5 and RFC 9700 section 4.14.2 leave the
    /// lifetime of refresh tokens to the server, and advise one for those that nobody uses.
    NeverEnds,
}

impl Lifetime {
    /// When something ends that began at `start`; never, if absent.
    #[must_use]
    pub fn end(self, start: Timestamp) -> Option<Timestamp> {
        match self {
            Self::EndsAfter(time) => Some(start + time),
            Self::NeverEnds => None,
        }
    }

    /// The time until the end; none if there is none.
    #[must_use]
    pub fn duration(self) -> Option<Duration> {
        match self {
            Self::EndsAfter(time) => Some(time),
            Self::NeverEnds => None,
        }
    }

    /// This one, or the other if that ends earlier.
    pub(crate) fn at_most(self, other: Option<Duration>) -> Self {
        other.map_or(self, |other| self.min(Self::EndsAfter(other)))
    }

    pub(crate) fn is_within(self, least: Duration, most: Duration) -> bool {
        self.duration()
            .is_none_or(|time| (least..=most).contains(&time))
    }
}

impl From<Duration> for Lifetime {
    fn from(time: Duration) -> Self {
        Self::EndsAfter(time)
    }
}

/// The later of two ends, each of which may be never.
pub(crate) fn later(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    Some(a?.max(b?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_end_is_longer_than_any_other() {
        let hour = Duration::from_secs(3600);
        assert!(Lifetime::EndsAfter(Duration::MAX) < Lifetime::NeverEnds);
        assert_eq!(Lifetime::NeverEnds.at_most(Some(hour)), hour.into());
        assert_eq!(Lifetime::from(hour).at_most(None), hour.into());
        assert_eq!(Lifetime::from(hour).at_most(Some(hour * 2)), hour.into());
    }

    #[test]
    fn the_later_end_may_be_never() {
        let (early, late) = (Timestamp::from_secs(1), Timestamp::from_secs(2));
        assert_eq!(later(Some(early), Some(late)), Some(late));
        assert_eq!(later(None, Some(late)), None);
        assert_eq!(later(Some(late), None), None);
    }
}
