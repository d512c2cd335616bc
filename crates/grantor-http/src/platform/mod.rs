//! Functions that only some systems have, with a fallback for the others.
//!
//! The tests compile both and hold them to the same. `--cfg grantor_portable` takes the fallback
//! everywhere.

#[cfg(all(any(target_os = "linux", target_os = "android"), not(grantor_portable)))]
mod linux;
#[cfg(any(
    test,
    grantor_portable,
    not(any(target_os = "linux", target_os = "android"))
))]
mod portable;

#[cfg(all(any(target_os = "linux", target_os = "android"), not(grantor_portable)))]
pub(crate) use linux::{elapsed, fill};
#[cfg(any(grantor_portable, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) use portable::{elapsed, fill};

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[test]
    fn the_clocks_run_and_never_go_back() {
        for elapsed in [super::elapsed, super::portable::elapsed] {
            let times: Vec<_> = std::iter::repeat_with(elapsed).take(1000).collect();
            assert!(times.is_sorted() && times[0] > Duration::ZERO);
            assert!(times[0] < times[999]);
        }
    }

    #[test]
    fn all_bytes_are_random() {
        for fill in [super::fill, super::portable::fill] {
            // More than one call of the kernel gives.
            let mut bytes = vec![0; 1 << 20];
            fill(&mut bytes).unwrap();
            let (begin, end) = (&bytes[..32], &bytes[bytes.len() - 32..]);
            assert!(begin != end && begin != [0; 32] && end != [0; 32]);
            fill(&mut []).unwrap();
        }
    }
}
