//! How long an object store may take.

use std::time::Duration;

use super::StorageOptions;
use crate::error::{Error, ErrorKind, Result};

/// How long a store may take to answer, and how often a range is asked for.
///
/// Failed requests are repeated by the store itself, which has settings of its own. But a body can
/// break off, or stop without an end, after a good answer: the range is asked for again then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patience {
    /// How long an answer may take, with all that the store repeats. Default 300 seconds: stores give
    /// up by themselves after about 180.
    pub max_wait: Duration,
    /// How long a body may send nothing. Default 60 seconds.
    pub max_idle: Duration,
    /// How often a range is asked for when its body fails, at least once. Default 4. The waits
    /// between them begin with 100 milliseconds and double.
    pub max_attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            max_wait: Duration::from_secs(300),
            max_idle: Duration::from_secs(60),
            max_attempts: 4,
        }
    }
}

impl Patience {
    /// The names of these options among the [`StorageOptions`]: seconds, seconds, a number.
    const NAMES: [&'static str; 3] = ["max_wait", "max_idle", "max_attempts"];

    /// Another [`max_wait`](Self::max_wait).
    #[must_use]
    pub fn with_max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    /// Another [`max_idle`](Self::max_idle).
    #[must_use]
    pub fn with_max_idle(mut self, max_idle: Duration) -> Self {
        self.max_idle = max_idle;
        self
    }

    /// Another [`max_attempts`](Self::max_attempts).
    #[must_use]
    pub fn with_max_attempts(mut self, max_attempts: u32) -> Self {
        self.max_attempts = max_attempts;
        self
    }

    /// Whether an option is one of these, and not the store's.
    #[cfg(any(feature = "aws", feature = "gcp", feature = "azure", feature = "http"))]
    pub(super) fn has(name: &str) -> bool {
        Self::NAMES
            .into_iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// What these options say, and the defaults for the rest.
    pub(super) fn of(options: &StorageOptions) -> Result<Self> {
        let mut patience = Self::default();
        for (name, value) in options {
            let known = Self::NAMES
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(name));
            let Some(known) = known else { continue };
            let bad = || {
                let what = format!("the storage option `{name}` is `{value}`, expected");
                let what = match known {
                    "max_attempts" => format!("{what} a number from 1 on"),
                    _ => format!("{what} a number of seconds"),
                };
                Error::new(ErrorKind::Usage, what)
            };
            if known == "max_attempts" {
                let attempts = value.parse().ok().filter(|attempts| *attempts > 0);
                patience.max_attempts = attempts.ok_or_else(bad)?;
                continue;
            }
            let seconds: f64 = value.parse().map_err(|_| bad())?;
            let time = Duration::try_from_secs_f64(seconds).map_err(|_| bad())?;
            match known {
                "max_wait" => patience.max_wait = time,
                _ => patience.max_idle = time,
            }
        }
        Ok(patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_set_what_they_name() {
        let options = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let default = Patience::default();
        assert_eq!(Patience::of(&options("aws_region", "x")).unwrap(), default);
        assert_eq!(
            Patience::of(&options("MAX_IDLE", "0.5")).unwrap(),
            default.with_max_idle(Duration::from_millis(500))
        );
        assert_eq!(
            Patience::of(&options("max_wait", "20")).unwrap(),
            default.with_max_wait(Duration::from_secs(20))
        );
        assert_eq!(
            Patience::of(&options("max_attempts", "1")).unwrap(),
            default.with_max_attempts(1)
        );
        for (name, value) in [
            ("max_attempts", "0"),
            ("max_attempts", "many"),
            ("max_idle", "-1"),
            ("max_idle", "NaN"),
            ("max_wait", "soon"),
        ] {
            let error = Patience::of(&options(name, value)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{name} = {value}");
        }
    }
}
