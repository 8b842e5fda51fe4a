//! User agents, whose JSON Python makes: remembered, since most come again.

use ahash::AHashMap;

/// User agents that are remembered at once.
pub const MOST: usize = 30_000;
/// Longer ones are made each time: what is remembered has a bound in bytes, too.
pub const LONGEST: usize = 512;

/// What stands in events for user agents, by what lines have.
#[derive(Default)]
pub struct Agents {
    /// `None` for one of which Python decides.
    known: AHashMap<Box<[u8]>, Option<Box<[u8]>>>,
}

impl Agents {
    /// Write the JSON of a user agent; false where Python decides. `made` makes what is not known.
    ///
    /// # Errors
    ///
    /// Whatever `made` has failed by.
    pub fn write<E>(
        &mut self,
        sent: &[u8],
        made: impl FnOnce(&[u8]) -> Result<Option<Vec<u8>>, E>,
        out: &mut Vec<u8>,
    ) -> Result<bool, E> {
        if let Some(found) = self.known.get(sent) {
            out.extend_from_slice(found.as_deref().unwrap_or_default());
            return Ok(found.is_some());
        }
        let json = made(sent)?;
        out.extend_from_slice(json.as_deref().unwrap_or_default());
        let is_known = json.is_some();
        if sent.len() <= LONGEST {
            if self.known.len() >= MOST {
                self.known.clear();
            }
            self.known.insert(sent.into(), json.map(Vec::into_boxed_slice));
        }
        Ok(is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(agents: &mut Agents, sent: &[u8], made: &[u8]) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        let is_known = agents.write::<()>(sent, |_| Ok(Some(made.to_vec())), &mut out).unwrap();
        (out, is_known)
    }

    #[test]
    fn made_once() {
        let mut agents = Agents::default();
        assert_eq!(written(&mut agents, b"a", b"1"), (b"1".to_vec(), true));
        assert_eq!(written(&mut agents, b"a", b"2"), (b"1".to_vec(), true));
    }

    #[test]
    fn one_of_which_python_decides_is_remembered_too_and_an_error_is_not() {
        let (mut agents, mut out) = (Agents::default(), Vec::new());
        assert_eq!(agents.write(b"a", |_| Err("away"), &mut out), Err("away"));
        assert_eq!(agents.write::<()>(b"a", |_| Ok(None), &mut out), Ok(false));
        assert_eq!(written(&mut agents, b"a", b"2"), (Vec::new(), false));
    }

    #[test]
    fn no_more_than_a_number_and_no_long_ones() {
        let mut agents = Agents::default();
        let long = [b'x'; LONGEST + 1];
        assert!(written(&mut agents, &long, b"1").1);
        assert!(agents.known.is_empty());
        for number in 0..=MOST {
            written(&mut agents, number.to_string().as_bytes(), b"1");
        }
        assert_eq!(agents.known.len(), 1);
    }
}
