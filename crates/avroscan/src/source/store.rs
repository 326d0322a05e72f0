//! From URLs to stores.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use url::Url;

#[cfg(any(feature = "aws", feature = "gcp", feature = "azure", feature = "http"))]
use super::Patience;
use crate::error::{Error, ErrorKind, Result};

/// Settings of an object store as `(key, value)`, in object_store's own key names: for example
/// `("aws_region", "eu-west-1")`, `("aws_endpoint", "http://127.0.0.1:5000")`,
/// `("google_service_account", "/path/to/key.json")`, `("allow_http", "true")`.
///
/// Three are this crate's own: `max_wait`, `max_idle` (seconds) and `max_attempts`, the fields of
/// [`Patience`](super::Patience).
pub type StorageOptions = Vec<(String, String)>;

/// The store that a URL leads to, and the path in it.
///
/// | URL | store | cargo feature |
/// | --- | --- | --- |
/// | `file:///path` | the local file system | |
/// | `s3://bucket/key`, `s3a://` | Amazon S3 and what speaks its protocol | `aws` |
/// | `gs://bucket/key` | Google Cloud Storage | `gcp` |
/// | `az://container/key`, `abfs://`, `abfss://`, `azure://`, `adl://` | Azure Blob Storage | `azure` |
/// | `http://host/path`, `https://` | a web server that answers ranged requests | `http` |
///
/// Credentials and settings come from the usual environment (`AWS_*`, `GOOGLE_*`, `AZURE_*`, the
/// metadata services); `storage_options` override it. Nothing is requested yet.
///
/// # Errors
///
/// [`ErrorKind::Usage`] for another scheme, one whose cargo feature is off, an option that the
/// store does not know, and settings that contradict each other.
pub fn open_store(
    url: &Url,
    storage_options: &StorageOptions,
) -> Result<(Arc<dyn ObjectStore>, Path)> {
    let store = match url.scheme() {
        "file" => return open_files(url),
        "s3" | "s3a" => open_s3(url, storage_options)?,
        "gs" => open_gcs(url, storage_options)?,
        "az" | "abfs" | "abfss" | "azure" | "adl" => open_azure(url, storage_options)?,
        "http" | "https" => open_http(url, storage_options)?,
        scheme => {
            return Err(usage(format!(
                "unknown URL scheme `{scheme}`, expected file, s3, gs, az, abfs, http or https"
            )));
        }
    };
    let path = Path::from_url_path(url.path())
        .map_err(|error| usage("not a valid object path").with_source(error))?;
    Ok((store, path))
}

fn open_files(url: &Url) -> Result<(Arc<dyn ObjectStore>, Path)> {
    let path = url
        .to_file_path()
        .map_err(|()| usage("not the URL of a local file"))?;
    let path = Path::from_absolute_path(path)
        .map_err(|error| usage("not a valid path").with_source(error))?;
    Ok((Arc::new(LocalFileSystem::new()), path))
}

#[cfg(feature = "aws")]
fn open_s3(url: &Url, options: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    use object_store::aws::AmazonS3Builder;

    let builder = AmazonS3Builder::from_env().with_url(url.as_str());
    let builder = configure(builder, options, AmazonS3Builder::with_config)?;
    Ok(Arc::new(builder.build().map_err(cannot_open)?))
}

#[cfg(feature = "gcp")]
fn open_gcs(url: &Url, options: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    use object_store::gcp::GoogleCloudStorageBuilder;

    let builder = GoogleCloudStorageBuilder::from_env().with_url(url.as_str());
    let builder = configure(builder, options, GoogleCloudStorageBuilder::with_config)?;
    Ok(Arc::new(builder.build().map_err(cannot_open)?))
}

#[cfg(feature = "azure")]
fn open_azure(url: &Url, options: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    use object_store::azure::MicrosoftAzureBuilder;

    let builder = MicrosoftAzureBuilder::from_env().with_url(url.as_str());
    let builder = configure(builder, options, MicrosoftAzureBuilder::with_config)?;
    Ok(Arc::new(builder.build().map_err(cannot_open)?))
}

#[cfg(feature = "http")]
fn open_http(url: &Url, options: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    use object_store::ClientConfigKey;
    use object_store::http::HttpBuilder;

    // The path of each request is put between the server and the query, which may be a signature.
    let mut server = url.clone();
    server.set_path("");
    server.set_fragment(None);
    let builder = HttpBuilder::new()
        .with_url(server)
        // Who writes `http://` wants it.
        .with_config(
            ClientConfigKey::AllowHttp,
            (url.scheme() == "http").to_string(),
        );
    let builder = configure(builder, options, HttpBuilder::with_config)?;
    Ok(Arc::new(builder.build().map_err(cannot_open)?))
}

/// Applies the options to a builder.
#[cfg(any(feature = "aws", feature = "gcp", feature = "azure", feature = "http"))]
fn configure<B, K: std::str::FromStr>(
    builder: B,
    options: &StorageOptions,
    with_config: impl Fn(B, K, String) -> B,
) -> Result<B> {
    let mut of_store = options.iter().filter(|(name, _)| !Patience::has(name));
    of_store.try_fold(builder, |builder, (name, value)| {
        let key = name
            .to_ascii_lowercase()
            .parse()
            .map_err(|_| usage(format!("unknown storage option `{name}`")))?;
        Ok(with_config(builder, key, value.clone()))
    })
}

#[cfg(any(feature = "aws", feature = "gcp", feature = "azure", feature = "http"))]
fn cannot_open(error: object_store::Error) -> Error {
    usage("the store cannot be opened").with_source(error)
}

#[cfg(not(feature = "aws"))]
fn open_s3(url: &Url, _: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    Err(not_compiled_in(url, "aws"))
}

#[cfg(not(feature = "gcp"))]
fn open_gcs(url: &Url, _: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    Err(not_compiled_in(url, "gcp"))
}

#[cfg(not(feature = "azure"))]
fn open_azure(url: &Url, _: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    Err(not_compiled_in(url, "azure"))
}

#[cfg(not(feature = "http"))]
fn open_http(url: &Url, _: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    Err(not_compiled_in(url, "http"))
}

#[cfg(not(all(feature = "aws", feature = "gcp", feature = "azure", feature = "http")))]
fn not_compiled_in(url: &Url, feature: &str) -> Error {
    usage(format!(
        "`{}://` is not compiled in: enable the cargo feature `{feature}` of avroscan",
        url.scheme()
    ))
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message)
}
