//! Messages, told from those of other codecs.

use datafusion::common::{Result, plan_datafusion_err};
use prost::Message;

/// A message of this crate. Its bytes begin with what they are: codecs share one kind of node, and
/// the bytes of one can be a message of another.
pub(super) trait AvroMessage: Message + Default {
    /// What the bytes begin with. The number goes up when readers of the old form would misread the
    /// new one.
    const PREFIX: &'static [u8];

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(Self::PREFIX);
        bytes.extend_from_slice(&self.encode_to_vec());
    }

    /// None for the bytes of others.
    ///
    /// # Errors
    /// When the bytes begin as a message and are none.
    fn read(bytes: &[u8]) -> Option<Result<Self>> {
        let message = Self::decode(bytes.strip_prefix(Self::PREFIX)?);
        Some(message.map_err(|error| plan_datafusion_err!("A plan over Avro files: {error}")))
    }
}
