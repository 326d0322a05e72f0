//! What a file may ask for before it is refused.

/// Most records, arrays, maps and unions inside each other in a value of a recursive type, whatever
/// comes between two records of that type: each takes some of the call stack.
pub(crate) const MAX_LEVELS: usize = 1024;

/// Bounds on what the bytes of a file can make the reader do. Exceeding one is an error of kind
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit) with the [`Limit`] of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Most bytes of a file header. Default 32 MiB: schemas of 10 MB exist.
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
    /// Most records of recursive types inside each other, in a value that becomes JSON text or is
    /// passed over. Default 64. A type is recursive if a value of it can be inside of another.
    ///
    /// Whatever comes between them, records, arrays, maps and unions may nest 1,024 levels there.
    pub depth: usize,
    /// Most levels of types inside each other in one column, after projection. Default, with `None`:
    /// 256, and 32 where Polars or DataFusion reads. A number has one level, an array one more
    /// than its items, a record one more than the deepest of its fields, a map two more than its
    /// values.
    ///
    /// Arrow and the engines recurse over columns, so more levels take more of the call stack: in a
    /// debug build, Arrow up to 4 KiB a level, and the engines up to 40 KiB of threads that have 2 MiB.
    /// A deeper column is an error where it is read, and of the type null where it is only listed.
    pub column_depth: Option<usize>,
    /// Largest scale and most digits of a decimal that becomes text. Default 10,000: the text is
    /// that long.
    pub decimal_digits: usize,
    /// Most bytes of one batch. Default 256 MiB: a null of `["null", fixed(65536)]` takes one byte
    /// in the file and 65,536 in memory. A batch is handed out early when it passes a quarter.
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
    /// [`Limits::depth`], and 1,024 levels of records, arrays, maps and unions in a recursive type.
    Depth,
    /// [`Limits::column_depth`].
    ColumnDepth,
    /// [`Limits::decimal_digits`].
    DecimalDigits,
    /// [`Limits::batch_bytes`].
    BatchBytes,
    /// Levels of a schema's types inside each other, 2,048, and of its JSON, 4,096.
    SchemaDepth,
    /// Branches of unions that are compared with one another: 2^20 where one schema is read as
    /// another, ten times [`Limits::schema_nodes`] where several are merged.
    UnionBranches,
    /// Memory that decompressing an xz block takes, beside the block: 128 MiB.
    DecompressorBytes,
    /// What Arrow can number in one column of one batch: 2^31 items, 2 GiB of text.
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
            column_depth: None,
            decimal_digits: 10_000,
            batch_bytes: 256 * MIB,
        }
    }
}

impl Limits {
    /// [`column_depth`](Self::column_depth), or its default.
    pub(crate) fn levels(&self) -> usize {
        self.column_depth.unwrap_or(256)
    }
}
