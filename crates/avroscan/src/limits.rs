//! What a file may ask for before it is refused.

/// Bounds on what the bytes of a file can make the reader do. Exceeding one is an error of kind
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit) with the [`Limit`] of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Most bytes of a file header. Default 32 MiB: schemas of 10 MB exist. An entry of the metadata
    /// counts as at least 64 bytes, beyond the first 1,024 entries.
    pub header_bytes: usize,
    /// Most nodes of a schema after named types are expanded. Default 100,000: twenty types can
    /// expand to a million columns.
    pub schema_nodes: usize,
    /// Most bytes of a block as stored. Default 256 MiB.
    pub block_bytes: usize,
    /// Most bytes of a block after decompression. Default 256 MiB.
    pub decompressed_bytes: usize,
    /// Most rows and array items of a block that take no bytes at all. Default 1,048,576: any
    /// number of them fits into an empty block.
    pub zero_byte_items: usize,
    /// Largest size of a `fixed` type, in bytes. Default 16 MiB.
    pub fixed_bytes: usize,
    /// Most levels of values of recursive types inside each other. Default 64.
    pub depth: usize,
    /// Largest scale and most digits of a decimal that becomes text. Default 10,000: the text is
    /// that long.
    pub decimal_digits: usize,
    /// Most bytes of one batch in memory. Default 256 MiB: a null of `["null", fixed(65536)]` takes
    /// one byte in the file and 65,536 in memory. A batch is handed out early when it passes a
    /// quarter, or when the next row does not fit. So only a row that takes more by itself is an
    /// error, whatever is read with it.
    pub batch_bytes: usize,
}

/// What was exceeded: a field of [`Limits`], or a bound that is not to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::header_bytes`].
    HeaderBytes,
    /// [`Limits::schema_nodes`].
    SchemaNodes,
    /// [`Limits::block_bytes`].
    BlockBytes,
    /// [`Limits::decompressed_bytes`].
    DecompressedBytes,
    /// [`Limits::zero_byte_items`].
    ZeroByteItems,
    /// [`Limits::fixed_bytes`].
    FixedBytes,
    /// [`Limits::depth`].
    Depth,
    /// [`Limits::decimal_digits`].
    DecimalDigits,
    /// [`Limits::batch_bytes`].
    BatchBytes,
    /// Levels of a schema's types inside each other, 512, and of its JSON, 1,024.
    SchemaDepth,
    /// Branches of unions that are compared with one another: 2^20 where one schema is read as
    /// another, ten times [`Limits::schema_nodes`] where several are merged.
    UnionBranches,
    /// Memory that decompressing an xz block takes, beside the block: 128 MiB.
    DecompressorBytes,
    /// What Arrow can number in one column of one batch: 2^31 items, 2 GiB of text. Exceeded by a
    /// single row: a batch of several rows ends before.
    ColumnLength,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            header_bytes: 32 * MIB,
            schema_nodes: 100_000,
            block_bytes: 256 * MIB,
            decompressed_bytes: 256 * MIB,
            zero_byte_items: 1 << 20,
            fixed_bytes: 16 * MIB,
            depth: 64,
            decimal_digits: 10_000,
            batch_bytes: 256 * MIB,
        }
    }
}
