//! Stores for URLs. Nothing here is requested.

use url::Url;

use super::assert_kind;
use crate::error::ErrorKind;
use crate::source::{StorageOptions, open_store};

fn open(url: &str, options: &[(&str, &str)]) -> crate::Result<(String, String)> {
    let options: StorageOptions = options
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    let (store, path) = open_store(&Url::parse(url).unwrap(), &options)?;
    Ok((store.to_string(), path.to_string()))
}

#[test]
fn file_urls_lead_to_the_local_file_system() {
    let (store, path) = open("file:///some/file%20name.avro", &[]).unwrap();
    assert!(store.contains("LocalFileSystem"), "{store}");
    assert_eq!(path, "some/file name.avro");
}

#[test]
fn other_schemes_are_refused() {
    let message = assert_kind(open("ftp://host/file", &[]), ErrorKind::Usage);
    assert!(
        message.contains("`ftp`") && message.contains("s3"),
        "{message}"
    );
}

#[test]
fn a_scheme_that_is_not_compiled_in_names_its_feature() {
    for (url, feature, is_on) in [
        ("s3://bucket/key", "aws", cfg!(feature = "aws")),
        ("gs://bucket/key", "gcp", cfg!(feature = "gcp")),
        ("az://container/key", "azure", cfg!(feature = "azure")),
        ("https://host/key", "http", cfg!(feature = "http")),
    ] {
        if !is_on {
            let message = assert_kind(open(url, &[]), ErrorKind::Usage);
            assert!(
                message.contains(&format!("feature `{feature}`")),
                "{message}"
            );
        }
    }
}

#[cfg(feature = "aws")]
#[test]
fn s3_takes_its_own_options_and_those_of_http() {
    let options = [
        ("aws_access_key_id", "id"),
        ("SECRET_ACCESS_KEY", "secret"),
        ("region", "eu-west-1"),
        ("aws_endpoint", "http://127.0.0.1:1"),
        ("allow_http", "true"),
        ("timeout", "5 seconds"),
    ];
    for url in ["s3://bucket/some/key.avro", "s3a://bucket/some/key.avro"] {
        let (store, path) = open(url, &options).unwrap();
        assert_eq!(
            (store.as_str(), path.as_str()),
            ("AmazonS3(bucket)", "some/key.avro")
        );
    }
    let message = assert_kind(
        open("s3://bucket/key", &[("colour", "red")]),
        ErrorKind::Usage,
    );
    assert!(message.contains("`colour`"), "{message}");
    // A value that is not one, which only the builder sees.
    let message = assert_kind(
        open("s3://bucket/key", &[("allow_http", "red")]),
        ErrorKind::Usage,
    );
    assert!(message.contains("red"), "{message}");
}

#[cfg(feature = "azure")]
#[test]
fn azure_has_several_schemes() {
    let options = [
        ("account_name", "account"),
        ("azure_storage_use_emulator", "false"),
    ];
    for scheme in ["az", "abfs", "abfss", "azure", "adl"] {
        let (store, path) = open(&format!("{scheme}://container/a/b.avro"), &options).unwrap();
        assert!(store.contains("container"), "{store}");
        assert_eq!(path, "a/b.avro");
    }
    let (store, _) = open("abfss://files@account.dfs.core.windows.net/a/b.avro", &[]).unwrap();
    assert!(
        store.contains("account") && store.contains("files"),
        "{store}"
    );
    assert_kind(
        open("az://container/key", &[("colour", "red")]),
        ErrorKind::Usage,
    );
}

#[cfg(feature = "gcp")]
#[test]
fn google_cloud_storage_opens() {
    let (store, path) = open("gs://bucket/a/b.avro", &[("skip_signature", "true")]).unwrap();
    assert!(store.contains("bucket"), "{store}");
    assert_eq!(path, "a/b.avro");
    assert_kind(
        open("gs://bucket/key", &[("colour", "red")]),
        ErrorKind::Usage,
    );
}
