//! A queue that is fair to its sources.

use std::collections::VecDeque;

/// A queue of a bounded length in which each source has its turn. A source with many items waits
/// behind its own, and can't keep others out.
pub(super) struct FairQueue<T> {
    /// The waiting items by source; the front one has its turn. None is empty.
    lanes: VecDeque<(String, VecDeque<T>)>,
    waiting: usize,
    capacity: usize,
}

impl<T> FairQueue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            lanes: VecDeque::new(),
            waiting: 0,
            capacity,
        }
    }

    /// Puts an item behind those of its source. In a full queue it takes the place of the newest item
    /// of the source with the most, which is returned, if its own source has clearly fewer; otherwise
    /// it is itself returned.
    pub(super) fn push(&mut self, source: &str, item: T) -> Option<T> {
        let own = self.lane(source).map_or(0, |lane| lane.len());
        let displaced = if self.waiting < self.capacity {
            self.waiting += 1;
            None
        } else {
            let longest = self.lanes.iter_mut().map(|(_, lane)| lane);
            let longest = longest.max_by_key(|lane| lane.len());
            match longest.filter(|lane| lane.len() > own + 1) {
                Some(lane) => lane.pop_back(),
                None => return Some(item),
            }
        };
        match self.lane(source) {
            Some(lane) => lane.push_back(item),
            None => {
                let lane = VecDeque::from([item]);
                self.lanes.push_back((source.to_owned(), lane));
            }
        }
        displaced
    }

    /// The oldest item of the source whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let (source, mut lane) = self.lanes.pop_front()?;
        let item = lane.pop_front();
        if !lane.is_empty() {
            self.lanes.push_back((source, lane));
        }
        self.waiting -= usize::from(item.is_some());
        item
    }

    fn lane(&mut self, source: &str) -> Option<&mut VecDeque<T>> {
        let mut lanes = self.lanes.iter_mut();
        lanes.find(|(own, _)| own == source).map(|(_, lane)| lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(queue: &mut FairQueue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn sources_take_turns() {
        let mut queue = FairQueue::new(10);
        for (source, item) in [
            ("a", 1),
            ("a", 2),
            ("a", 3),
            ("b", 10),
            ("c", 20),
            ("b", 11),
        ] {
            assert_eq!(queue.push(source, item), None);
        }
        assert_eq!(all(&mut queue), [1, 10, 20, 2, 11, 3]);
        assert_eq!(queue.waiting, 0);
    }

    #[test]
    fn a_full_queue_makes_room_for_those_with_fewer() {
        let mut queue = FairQueue::new(4);
        for item in 0..4 {
            assert_eq!(queue.push("a", item), None);
        }
        assert_eq!(queue.push("a", 4), Some(4), "its own source has the most");
        assert_eq!(queue.push("b", 10), Some(3));
        assert_eq!(queue.push("b", 11), Some(2));
        assert_eq!(queue.push("b", 12), Some(12), "they have as many now");
        assert!(matches!(queue.push("c", 20), Some(1 | 11)));
        assert_eq!(all(&mut queue).len(), 4);
    }

    #[test]
    fn many_sources_with_one_each_are_all_that_fit() {
        let mut queue = FairQueue::new(3);
        for source in ["a", "b", "c"] {
            assert_eq!(queue.push(source, 1), None);
        }
        assert_eq!(queue.push("d", 4), Some(4));
        assert_eq!(all(&mut queue), [1, 1, 1]);
    }
}
