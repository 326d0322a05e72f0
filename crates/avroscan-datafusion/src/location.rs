//! Where a file is, in the words that its reader uses.

use std::sync::Arc;

use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::path::Path;

/// The path of a local file, or the URL of an object, for error messages.
pub(crate) fn location(store: &ObjectStoreUrl, path: &Path) -> Arc<str> {
    if *store == ObjectStoreUrl::local_filesystem() {
        format!("/{path}").into()
    } else {
        format!("{}{path}", store.as_str()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_files_are_paths_and_objects_are_urls() {
        let path = Path::from("data/a b.avro");
        let local = ObjectStoreUrl::local_filesystem();
        assert_eq!(&*location(&local, &path), "/data/a b.avro");
        let bucket = ObjectStoreUrl::parse("s3://bucket").unwrap();
        assert_eq!(&*location(&bucket, &path), "s3://bucket/data/a b.avro");
    }
}
